"""Plan, publish and undo changes of the programme, with their emails; drafts; meeting links."""
