"""What is measured, beside its yardsticks: `make bench`."""
