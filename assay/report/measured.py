"""Measurements as a reader meets them: in a line, in a table, and as curves of their latencies."""

from __future__ import annotations

from assay.contract.sentences import count
from assay.record import Figure, Measurement

SHOWN = ("p50", "p90", "p99")


def number(value: float) -> str:
    """Three digits that count: `0.123`, `4.56`, `78.9`, `1,234`."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def figure(of: Measurement, name: str) -> Figure | None:
    """One of its figures; None where it could not be taken."""
    return of.figures.get(name)


def in_words(of: Measurement) -> str:
    """A measurement in a line: `212/s, p50 4.1 ms, p90 5.0 ms, p99 8.8 ms, 424 requests, 1 failed`."""
    rate = of.figures.get("rate")
    parts = [f"{number(rate.value)}/s"] if rate else []
    parts += [f"{name} {number(found.value)} ms" for name in SHOWN if (found := of.figures.get(f"response.{name}"))]
    parts.append(count(of.requests, "request"))
    parts += [f"{failed} {kind.replace('_', ' ')}" for kind, failed in of.failures.items()]
    return ", ".join(parts)
