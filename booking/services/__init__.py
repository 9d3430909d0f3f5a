"""The deeds: each module is one thing that somebody does, each deed one transaction."""
