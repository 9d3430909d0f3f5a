"""The addresses that calendar programs fetch, and what is kept of them between fetches."""
