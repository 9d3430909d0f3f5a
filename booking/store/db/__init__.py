"""The database itself: engines, limits, locks, migrations, backups, and what every table shares."""
