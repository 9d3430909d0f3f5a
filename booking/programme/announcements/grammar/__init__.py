"""The grammar of one line of an announcement: what could be part of a schedule, and what it says.

`vocabulary` has the words, and patterns made of them. `clocks`, `dates`, `days`, `zoning` and `items` read hours,
dates, weekdays, zones, modules and slots; `roles` says what a date is for. `clauses` puts them together, and
`splitting` finds several in one line. `tokens` finds all that could be part of a schedule, whether or not anything
reads it.
"""
