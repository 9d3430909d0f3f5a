"""Read what feeds need before they render."""
