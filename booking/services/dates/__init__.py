"""What a coordinator does for everybody of one date: enrolments, the waitlist, an email to all."""
