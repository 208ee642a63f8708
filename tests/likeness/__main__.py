"""`python -m tests.likeness` writes docs/what-counts-as-different.md anew."""

from __future__ import annotations

from .table import write

write()
