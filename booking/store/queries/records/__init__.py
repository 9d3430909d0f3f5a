"""What is read back of the records: the audit log."""
