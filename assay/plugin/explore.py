"""Trying many values inside one case: Hypothesis chooses and shrinks, the answers are remembered.

Shrinking sends real requests, so it is capped, and a request that was answered once is not sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from assay.errors import AssayError
from assay.judge.verdicts import NoWitness, RuleBroken

Drawn = TypeVar("Drawn", bound=Hashable)
SHRINKING_REQUESTS = 40


def seed_of(seed: int, *words: str) -> int:
    """A seed for one case, the same in every process and for any number of workers."""
    digest = hashlib.sha256("\0".join([str(seed), *words]).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def explore(
    strategy: SearchStrategy[Drawn],
    check: Callable[[Drawn], None],
    *,
    seed: int,
    examples: int,
    shrinking: int = SHRINKING_REQUESTS,
) -> None:
    """Draw `examples` requests, or orders of requests, and check each.

    `check` raises RuleBroken, an AssayError where the wire breaks, NoWitness where the target does not let itself be
    asked. Raises the RuleBroken of the simplest one that was found in so many tries of `shrinking`. The first of the
    others ends the exploration, and is raised where no rule was seen broken before: it has no simpler form.
    """
    verdicts: dict[Drawn, RuleBroken | None] = {}
    after_failure, ended = 0, list[Exception]()

    def judged(drawn: Drawn) -> RuleBroken | None:
        nonlocal after_failure
        if drawn in verdicts:
            return verdicts[drawn]
        if ended:
            return None
        if any(verdicts.values()):
            after_failure += 1
            if after_failure > shrinking:
                return None
        try:
            check(drawn)
            verdicts[drawn] = None
        except RuleBroken as broken:
            verdicts[drawn] = broken
        except (AssayError, NoWitness) as error:
            ended.append(error)
            return None
        return verdicts[drawn]

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(strategy)
    def run(drawn: Drawn) -> None:
        broken = judged(drawn)
        if broken is not None:
            raise broken

    try:
        with _nothing_but_the_seed():
            run()
    except RuleBroken as broken:
        raise RuleBroken(broken.findings) from None
    if ended:
        raise ended[0]


@contextmanager
def _nothing_but_the_seed() -> Iterator[None]:
    """Keep out what Hypothesis mixes in: constants of the modules that happen to be loaded.

    With them the same seed would give other requests from a wheel, under pytest, or after a word was changed in Assay.
    A Hypothesis that does not do so, or calls it otherwise, is left as it is.
    """
    try:
        from hypothesis.internal.conjecture import providers
    except ImportError:
        providers = None  # type: ignore[assignment]
    provider, name = getattr(providers, "HypothesisProvider", None), "_maybe_draw_constant"
    if not hasattr(provider, name):
        yield
        return
    drawn = getattr(provider, name)
    setattr(provider, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(provider, name, drawn)
