"""The rules of booking as a coordinator sets them: what each is called, what it may be, and a set of them as values."""
