"""Runs the command line as `python -m forestall.doors.cli`."""

from forestall.doors.cli.main import main

main()
