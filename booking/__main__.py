"""`python -m booking` is the `booking` command."""

from booking.cli.main import main

main()
