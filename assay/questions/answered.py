"""Whether an answer can be a golden one, and whether it keeps its promises."""

from __future__ import annotations

from assay.contract import Violation
from assay.contract.message import Response
from assay.contract.sentences import cut
from assay.questions.asking import Asking
from assay.record import Exchange
from assay.report.text import one_line

OK = 200


def unanswered(exchange: Exchange) -> str:
    """Why an exchange holds no answer to its question; empty where it does."""
    if exchange.error is not None:
        return f"no answer came ({exchange.error[0]}: {exchange.error[1]})"
    assert exchange.response is not None
    if exchange.response.status == OK:
        return ""
    return f"status {exchange.response.status}{_said(exchange.response)}"


def _said(response: Response) -> str:
    text = cut(response.body.decode("utf-8", "replace"), 300).strip()
    return f", {one_line(text, 160)}" if text else ""


def broken_promises(asking: Asking, mode: str, answer: Response) -> list[Violation]:
    """What the schema of a mode forbids in an answer.

    Of one that is no JSON nothing is said, nor of a model of another task, which answers in a form of its own.
    """
    schema = asking.described.modes[mode].schema
    if schema is None or asking.task:
        return []
    try:
        return asking.described.library.validate(schema, answer.json())
    except ValueError:
        return []
