"""Read the outbox, and what a reminder says."""
