"""Announcements: prose and bullets as they are written each month, to a programme file.

`lines` makes numbered plain lines of any source; `vocabulary` has the words, `clocks` and `grammar` find hours, days,
dates, modules and lengths in one line; `reading` puts lines together to a `draft` of series, which `completing`
completes; `months` finds the month. Every doubt is named by its line. `writing` prints the file.
"""
