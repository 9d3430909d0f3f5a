"""The rules of booking: slots, limits, the waitlist, cover, the day's order, join links."""
