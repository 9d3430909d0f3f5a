"""Tables about bookings: bookings, claims, the waitlist, notes, reminders."""
