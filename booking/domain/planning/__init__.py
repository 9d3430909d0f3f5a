"""Plan a change of the programme: what it does to dates, bookings and people, and the words for that."""
