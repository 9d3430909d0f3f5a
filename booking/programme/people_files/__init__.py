"""Tables of people as files: CSV and Excel workbooks."""
