"""A run against a server that answers with what may act: markup, commands, control characters, bytes, megabytes."""

from __future__ import annotations

from collections.abc import Callable

from assay.record import Finding, OutcomeKind, Run

from .conftest import SECRET, RunBuilder

WORDS = (
    "\x00\x1b[31m<script>alert(1)</script>\u202e\ufeff\ufffe\ud800 | `x` [l](javascript:alert(1)) %0A::error::pwned\r\n"
    "::error title=pwned::pwned\n##[error]pwned\n::stop-commands::pwned\n]]></testcase>\n"
)
LONG = "long " * 400_000


def hostile(build: Callable[..., RunBuilder]) -> Run:
    """Every kind of outcome, each with words that act, and one with two megabytes of them; the key is in all."""
    target = {"url": f"http://{WORDS}", "name": WORDS, "version": WORDS, "engine": WORDS}
    made = build(target=target)
    words = f"{WORDS}{SECRET}"
    exchange = made.exchange(
        body=words.encode("utf-8", "replace") + b"\xff\xfe\xc3(" + LONG.encode(),
        headers=(("content-type", f"text/{WORDS[8:20]}"),),
    )
    for severity, kinds in (("must", OutcomeKind), ("should", [OutcomeKind.WARN])):
        made.rule(f"{severity}.{words}", severity, requirement=words)
        for kind in kinds:
            long = LONG if kind is OutcomeKind.FAIL else ""
            findings = (Finding(words + long, f"/{words}", words, [words], exchange),) if kind.is_broken else ()
            known = {"reason": words} if kind.is_listed else None
            facts = {"message": words + long, "findings": findings, "known": known, "exchanges": (exchange,)}
            made.outcome(f"{severity}.{words}", kind, f"{kind} {words}", **facts)
    return made.finish()
