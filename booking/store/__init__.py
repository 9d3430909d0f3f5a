"""Tables and everything that reads or writes them; nothing here commits."""
