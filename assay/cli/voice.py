"""Talking. Whatever only tells must not end a run: where nobody listens any more, what is said goes nowhere.

Nor must it be obeyed: a CI runner that reads along finds no command in it, whatever a server had to say.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

import click

from assay.report.text import inert


def say(text: object = "", *, nl: bool = True, err: bool = False) -> None:
    """Print a line; a closed pipe, a full disk or an encoding without the characters is not the caller's concern."""
    command(inert(str(text)), nl=nl, err=err)


def command(text: object, *, nl: bool = True, err: bool = False) -> None:
    """Print a line, or bytes, as they are: a runner may obey them."""
    try:
        click.echo(text, nl=nl, err=err)
    except UnicodeEncodeError:
        command(str(text).encode("ascii", "backslashreplace").decode(), nl=nl, err=err)
    except OSError:
        _give_up(err)


def finish() -> None:
    """Let go of what is still to be written: Python would try it again at the end, and change the exit code."""
    for err in (False, True):
        try:
            stream = sys.stderr if err else sys.stdout
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            _give_up(err)


def _give_up(err: bool) -> None:
    """Have everything that goes to this stream from now on, and what it still holds, vanish."""
    stream = sys.stderr if err else sys.stdout
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
