"""Series set up and edited on pages: new ones, changes of all of a series, a month copied into another."""
