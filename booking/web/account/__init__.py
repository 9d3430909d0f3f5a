"""Pages about one's own account: sign in, profile, email address, time zone, calendars, unsubscribe."""
