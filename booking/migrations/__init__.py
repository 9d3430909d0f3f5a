"""The Alembic environment; versions/ holds one file a change."""
