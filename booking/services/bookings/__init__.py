"""Book, move, cancel, wait, enrol, and what staff do with a visit."""
