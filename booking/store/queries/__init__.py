"""What pages, feeds and deeds read, one module a reader."""
