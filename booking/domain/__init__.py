"""The rules, pure: standard library, dateutil and pytz, no clock, no database, no Flask."""
