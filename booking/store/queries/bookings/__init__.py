"""Read bookings, free slots, the waitlist, and an analyst's days."""
