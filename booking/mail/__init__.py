"""Emails from templates, and the mailers that carry them."""
