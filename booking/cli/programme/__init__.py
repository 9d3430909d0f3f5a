"""Commands about programme files: read, check, plan, publish, undo, roll, export."""
