"""Runs the command line as `python -m sparring`."""

from .cli import main

main()
