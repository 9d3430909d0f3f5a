"""Everybody's bookings: the list, its filter and its words."""
