"""Pages for analysts: the day, one visit, attendance, time off, meeting links."""
