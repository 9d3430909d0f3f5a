"""What the reports count, by the database."""
