"""Announcements: prose and bullets as they are written each month, to a programme file.

`lines` makes numbered plain lines of any source. The `grammar` reads one line; `reading` and `open_series` put lines
together to a `draft` of series, with `titles`; `completing` and `dating` complete them; `months` finds the month.
`accounting` asks about every token that no series used. `writing` prints the file.
"""
