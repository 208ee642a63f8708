"""When Python looks for garbage. A process of a command lives for seconds, and most of what it holds to its end."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """To look for it as often as servers do takes a tenth of the time of a run."""
    gc.set_threshold(20_000, 20, 20)


def freeze() -> None:
    """At its end a process looks through all that it holds, for a third of a second; all of it ends with it anyway."""
    gc.freeze()
