"""What is measured, beside its baseline: `make bench`."""
