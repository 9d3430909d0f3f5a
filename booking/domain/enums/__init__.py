"""Every string that something is decided by: what a column holds, what a template or an email is chosen by.

people    roles, and when somebody gets calendar invitations
bookings  what a booking, an offer and a place on the waitlist can be
planning  what a publish does to dates, bookings and people
emails    every email, by the folder of its templates
audit     what the audit log records, and about what

Columns and JSON hold the values as plain text, so a value never changes once a release has stored it.
"""
