"""Commands for whoever installs and looks after the service: init, doctor, db, backup, settings."""
