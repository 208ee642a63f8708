"""The suite, tried on itself: whether the rules notice the faults that are put before a server."""

from __future__ import annotations

from assay.selftest.aim import operations_to_ask, rules_to_judge

__all__ = ["operations_to_ask", "rules_to_judge"]
