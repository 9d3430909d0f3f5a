"""The rules, pure: standard library and pytz, no clock, no database, no Flask."""
