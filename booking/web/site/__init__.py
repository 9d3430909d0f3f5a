"""Pages that belong to the installation: the demo, health, robots.txt."""
