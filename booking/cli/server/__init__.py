"""Commands that keep running: serve, worker, demo."""
