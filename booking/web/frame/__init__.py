"""What every page stands in: access, current reader, form checks, headers, template globals, error pages."""
