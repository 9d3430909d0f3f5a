"""What keeps the service in order: the emails that wait and fail."""
