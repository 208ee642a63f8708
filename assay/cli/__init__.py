"""The command line. No logic of its own: each command reads its options and calls one function."""

from assay.cli.main import main

__all__ = ["main"]
