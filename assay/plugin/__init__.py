"""Assay for pytest: options, fixtures, rule marks, and outcomes that become a run record.

Without `--target` nothing here changes a pytest run.
"""
