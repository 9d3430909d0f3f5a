"""Occurrences and bookings to iCalendar bytes (RFC 5545, RFC 5546, RFC 7986)."""
