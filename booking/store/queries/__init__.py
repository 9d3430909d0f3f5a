"""What pages, feeds and service functions read, one module for each reader."""
