"""The reports, and each of their tables as CSV."""
