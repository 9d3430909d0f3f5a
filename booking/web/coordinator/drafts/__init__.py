"""Announcements: pasted, understood, asked about, published."""
