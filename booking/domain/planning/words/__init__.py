"""Plans in words: for pages, the command line and a group."""
