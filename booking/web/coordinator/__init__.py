"""Pages for coordinators: the next days, the programme, drafts of announcements, emails, people."""
