"""Series, their dates, plans of changes and what was published."""
