"""A course schedule that members book and subscribe to. The map of the package:

domain      the rules, pure: when a series meets, what is free, who may book, what is refused
            (planning, bookings, people)
programme   programme files (YAML) to and from domain values; errors with file and line
store       tables, locks, claims, queries, the outbox, the audit log; never commits
            (db, people, programme, bookings, outbox, queries)
calendars   occurrences and bookings to iCalendar bytes: feeds and invitations
mail        emails from templates, and the mailers that carry them
services    what somebody does: one function, one transaction
            (bookings, cover, accounts, publishing, outbox, records; steps are shared by several)
web         the pages (member, account, analyst, coordinator, feeds, site, and the frame of all)
api         what programs read
cli         the `booking` command (install, server, programme)
app         puts them together

Imports go only leftward along
domain <- programme, store, calendars, mail <- services <- web, api, cli <- app,
and tests/test_architecture.py holds that. Beside the layers stand settings (the only
reader of the environment), clock (the only reader of the clock), logs (what a process says
of itself, masked), resources (where templates and data are found) and version.
"""
