"""Pages for members: the week, a date, booking, bookings, the waitlist, enrolments, and links in emails."""
