"""The frame of every page: access, current reader, form checks, headers, template globals, error pages."""
