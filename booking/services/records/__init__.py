"""Note what other programs did: calendars that fetch, backups that were restored."""
