"""Announcements: prose and bullets as they are written each month, to a programme file.

`lines` makes numbered plain lines of any source. The `grammar` reads one line; `reading` and `assembling` put lines
together to a `draft` of series, with `titles`; `completing` and `dating` complete them; `months` finds the month,
`people` who leads them. `accounting` asks about every token that no series used. `writing` prints the file, and
`series_dates` works out its dates.
"""
