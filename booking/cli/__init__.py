"""The `booking` command."""
