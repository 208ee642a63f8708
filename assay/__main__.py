"""`python -m assay`, and the command `assay`."""

from __future__ import annotations

import signal

from assay import garbage
from assay.interrupts import Interrupts, leave_with


def run() -> None:
    """The command line as a process of its own: from its first moment to the last, Ctrl-C ends it in a sentence."""
    garbage.collect_seldom()
    interrupts = Interrupts()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # behind a shell's & there is none to hear
        signal.signal(signal.SIGINT, interrupts)
    try:
        from assay.cli import main

        main()
    except (Exception, KeyboardInterrupt):
        if interrupts.seen:  # while the command line itself was read
            leave_with("interrupted")
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said
        garbage.freeze()
        exec("")  # CPython remembers an interrupt of code like a dataclass's, and would end by the signal: forget it


if __name__ == "__main__":
    run()
