"""One date for a coordinator: its people, what is done for them, its links and its changes."""
