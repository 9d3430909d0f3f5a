"""Tables of the programme: series, occurrences, rosters, enrolments, publishes, and how a plan is written."""
