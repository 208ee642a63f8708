"""The one error that the rig raises on purpose."""

from __future__ import annotations


class RigError(Exception):
    """Something that a person can act on, said in one sentence, perhaps followed by the tail of a log."""
