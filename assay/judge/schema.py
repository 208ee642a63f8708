"""Judging answers by their schema, one place at a time, so that one missing field fails one case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from assay.contract import Checkpoint, Operation, Violation, load, sort_violations
from assay.contract.message import Response
from assay.contract.pointers import covers
from assay.contract.sentences import count, cut
from assay.contract.source import PROMISED
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken, broken_if
from assay.record.model import Exchange, Finding


def promised(violation: Violation) -> bool:
    """Whether a document or a documented sample forbids what was found, and not only the open-source server."""
    return violation.source is None or violation.source.strength_of(violation.keyword) in PROMISED


def judge_place(operation: Operation, mode: str, place: str, exchanges: Sequence[Exchange]) -> int:
    """Judge answers at one checkpoint of their schema; returns how many values were there to be judged.

    Only what is promised counts. Raises RuleBroken, and NoWitness where no answer offered anything to judge.
    """
    checkpoint = _checkpoint(operation, mode, place)
    findings, witnesses = [], 0
    for exchange in exchanges:
        if place == "/":
            declared_as_json(exchange)
        body = _parsed(exchange, blocked=place != "/")
        witnesses += checkpoint.seen(body)
        assert exchange.response is not None
        found = _by_checkpoint(operation.id, mode, exchange.response)[checkpoint]
        findings += _findings(filter(promised, found), exchange)
    broken_if(findings)
    if not witnesses:
        raise NoWitness(f"no answer holds anything at {place}; a picture in which the model finds something would")
    return witnesses


def judge_unpromised(operation: Operation, mode: str, exchanges: Sequence[Exchange]) -> None:
    """Judge what only the open-source server says of an answer. Raises RuleBroken."""
    findings: list[Finding] = []
    for exchange in exchanges:
        _parsed(exchange, blocked=True)
        unpromised = (found for found in _violations(operation, mode, exchange) if not promised(found))
        findings += _findings(unpromised, exchange)
    broken_if(findings)


def judge_below(operation: Operation, mode: str, pointer: str, exchange: Exchange) -> None:
    """Judge one answer at and below a pointer, whoever promises what stands there. Raises RuleBroken."""
    _parsed(exchange, blocked=True)
    found = _violations(operation, mode, exchange)
    broken_if(_findings((one for one in found if covers(pointer, one.pointer)), exchange))


def judge_whole(operation: Operation, exchange: Exchange) -> None:
    """Judge an answer of the first mode with all that is said of it, whoever says so. Raises RuleBroken."""
    declared_as_json(exchange)
    mode = next(iter(operation.modes.values()))
    _parsed(exchange)
    if mode.schema is not None:
        broken_if(_findings(_violations(operation, mode.name, exchange), exchange))


def valid_beyond(plain: Sequence[Exchange], exchange: Exchange, operation: Operation) -> None:
    """An answer keeps the media type and the schema of its mode, apart from how `plain` answers of that mode break it.

    What a plain answer breaks is found by the rule about schemas: here it would name one cause twice.
    Raises RuleBroken.
    """
    mode = operation.mode_of(exchange.request)
    response = exchange.response
    assert response is not None
    if response.media_type != mode.media and not (mode.schema and _declares_otherwise(plain, mode.media)):
        message = (
            f"with {operation.mode_parameter and operation.mode_parameter.name}={mode.name} the Content-Type is wrong"
        )
        raise RuleBroken([Finding(message, expected=mode.media, actual=response.media_type, exchange=exchange.id)])
    if mode.schema is None:
        return
    usual: set[tuple[str, str]] = set()
    for one in plain:
        _parsed(one, blocked=True)
        usual.update(map(_kind, _violations(operation, mode.name, one)))
    _parsed(exchange)
    found = filter(promised, _violations(operation, mode.name, exchange))
    broken_if(_findings((violation for violation in found if _kind(violation) not in usual), exchange))


def _declares_otherwise(plain: Sequence[Exchange], media: str) -> bool:
    """Whether plain answers too are declared as something else: that is found by the rule about schemas."""
    return any(exchange.response is not None and exchange.response.media_type != media for exchange in plain)


def _kind(violation: Violation) -> tuple[str, str]:
    """What is broken, whatever the place in a list: the keyword's place, and which property it is that is missing."""
    missing = violation.pointer.rpartition("/")[2] if violation.keyword == "required" else ""
    return violation.schema_pointer, missing


def _checkpoint(operation: Operation, mode: str, place: str) -> Checkpoint:
    pattern = "" if place == "/" else place
    return next(checkpoint for checkpoint in operation.checkpoints(mode) if checkpoint.pattern == pattern)


def _violations(operation: Operation, mode: str, exchange: Exchange) -> tuple[Violation, ...]:
    """What the schema forbids of an answer that can be parsed."""
    schema = operation.modes[mode].schema
    assert schema is not None
    assert exchange.response is not None
    return _judged(schema, exchange.response)


@lru_cache(maxsize=64)  # each place of a schema is a case of its own, and all of them look at the same few answers
def _judged(schema: str, response: Response) -> tuple[Violation, ...]:
    return tuple(load().validate(schema, response.json()))


@lru_cache(maxsize=64)  # an answer may break its schema thousands of times
def _by_checkpoint(operation: str, mode: str, response: Response) -> Mapping[Checkpoint, Sequence[Violation]]:
    stated = load().operations[operation]
    schema = stated.modes[mode].schema
    assert schema is not None
    return sort_violations(_judged(schema, response), stated.checkpoints(mode))


def declared_as_json(exchange: Exchange) -> None:
    """The answer says that it is JSON. Raises RuleBroken."""
    media = exchange.response.media_type if exchange.response else ""
    if media != "application/json":
        message = f"the answer is declared as {media or 'nothing'} and not as application/json"
        raise RuleBroken([Finding(message, expected="application/json", actual=media, exchange=exchange.id)])


def _parsed(exchange: Exchange, blocked: bool = False) -> object:
    """The JSON of an answer. Where there is none, that is a finding of the whole answer and blocks its parts."""
    response = exchange.response
    assert response is not None
    try:
        return response.json()
    except ValueError as error:
        findings = [Finding(cut(f"the answer is no JSON: {error}", 300), exchange=exchange.id)]
        family = load().operation(exchange.request.operation).family
        raise (PrerequisiteBroken(f"{family}.answer.schema", findings) if blocked else RuleBroken(findings)) from None


def _findings(violations: Iterable[Violation], exchange: Exchange) -> list[Finding]:
    """One finding for each thing that is wrong, however often an answer has it."""
    alike: dict[tuple[str, str], list[Violation]] = {}
    for violation in violations:
        alike.setdefault(_kind(violation), []).append(violation)
    return [_finding(same[0], len(same) - 1, exchange) for same in alike.values()]


def _finding(violation: Violation, more: int, exchange: Exchange) -> Finding:
    again = f" The same is wrong in {count(more, 'more place')} of this answer." if more else ""
    return Finding(
        violation.message + again,
        pointer=violation.pointer,
        expected=_as_it_came(violation.expected),
        actual=_as_it_came(violation.actual),
        exchange=exchange.id,
        says=violation.source,
    )


def _as_it_came(told: str) -> Any:
    """A value that was told as JSON, again as that value, so that a number stands in no quotes; words stay words."""
    try:
        value = json.loads(told)
    except ValueError:
        return told
    return "the value null" if value is None else value
