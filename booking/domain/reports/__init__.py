"""The reports: what is counted over a period, and its tables and charts."""
