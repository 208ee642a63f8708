"""What is told and done when somebody does not wait for the end of a run."""

from __future__ import annotations

import contextlib
import shlex
import threading
from contextlib import ExitStack
from pathlib import Path

from assay.report import view

PATIENCE = 1.0
"""Seconds that a second Ctrl-C waits for what ends with the run: the embedded deployment, folders nobody needs."""


def what_is_left(kept: Path | None, *, judged: bool, over: bool) -> str:
    """What there is after an interrupt. `kept` is where the record lies, if there is one; `over`, that it is whole."""
    if kept is None:
        return "nothing was judged yet, and no record is kept"
    if over:
        return f"the run had come to its end: assay report {shlex.quote(str(kept))}"
    return view.go_on_with(kept) if judged else f"nothing was judged yet; {view.go_on_with(kept)}"


def close_what_can_be_closed(resources: ExitStack) -> None:
    """Let go of what a run holds; what is stuck, or complains, keeps nobody."""

    def close() -> None:
        with contextlib.suppress(Exception):
            resources.close()

    ending = threading.Thread(target=close, name="leaving", daemon=True)
    ending.start()
    ending.join(PATIENCE)
