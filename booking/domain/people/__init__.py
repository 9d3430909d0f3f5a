"""The rules about people: email addresses, names, sign-in, sessions, tables to import."""
