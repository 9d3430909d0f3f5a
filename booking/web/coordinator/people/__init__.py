"""People: found, edited, merged, closed."""
