"""Announcements: prose and bullets as they are written each month, to a programme file.

`lines` makes numbered plain lines of any source, `grammar` finds days, hours, dates, modules and lengths in one line,
`reading` puts lines together to series and names every doubt, `writing` prints the file.
"""
