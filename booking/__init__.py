"""A course schedule that members book and subscribe to. The map of the package:

domain      the rules, pure: when a series meets, what is free, who may book, what is refused
programme   programme files (YAML) to and from domain values; errors with file and line
store       tables, engine, locks, claims, queries, letters, register; never commits
calendars   occurrences and bookings to iCalendar bytes: feeds and invitations
mail        letters from templates, and the mailers that carry them
services    the deeds: one function, one transaction, one thing that somebody does
web         the pages, one module a reader
api         what programs read
cli         the `booking` command
app         puts them together

Imports go only leftward along
domain <- programme, store, calendars, mail <- services <- web, api, cli <- app,
and tests/test_architecture.py holds that. Beside the layers stand settings (the only
reader of the environment), clock (the only reader of the clock), logs (what a process says
of itself, masked), resources (where templates and data are found) and version.
"""
