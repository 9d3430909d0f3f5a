"""The outbox: emails that wait, were sent or failed."""
