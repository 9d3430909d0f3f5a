"""What coordinators set of the organisation itself."""
