"""Read occurrences, enrolments and what a coordinator looks at."""
