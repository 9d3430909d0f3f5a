"""Service functions: each module is one thing that somebody does, each function one transaction."""
