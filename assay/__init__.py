"""Assay tells whether a vision-inference deployment keeps the promises of its documentation, and how fast it is."""

__version__ = "0.1.0"
