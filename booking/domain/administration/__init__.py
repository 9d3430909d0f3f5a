"""What keeps the service in order: the words of the audit log."""
