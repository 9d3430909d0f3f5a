"""A day of the programme, with all of its analysts side by side."""
