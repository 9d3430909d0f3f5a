"""Occurrences and bookings to iCalendar bytes (RFC 5545, 7986, 5546): values in, bytes out.

text        what may stand in a line
addresses   the pages and join links that entries point at
vtimezone   zones as calendars want them described
entries     one VEVENT for each occurrence or booking
catalogue   which feeds there are, what they are called, and which days they show
parts       entries as bytes, kept while nothing in them changes
feeds       a VCALENDAR of entries, and the digest that names its bytes
invitations a booking as an email carries it
subscribe   the links that bring a feed into somebody's calendar
"""
