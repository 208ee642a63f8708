"""Walks through a deck of requests: who is accused, who is not, and that the seed alone decides what is asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from assay.contract.message import Request, Response
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.plugin.drivers.base import Alone
from assay.plugin.drivers.burst import burst, by_turns, most_under_way, require_overlap
from assay.plugin.drivers.orders import Orders, told_apart
from assay.record.model import Exchange, Finding

Server = Callable[[str], str]


class Asking:
    """Stands for a driver: a request is a word, and the server answers with another."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent: list[str] = []
        self.notes: list[str] = []

    def send(self, request: Request, credentials: Any = None) -> Exchange:
        self.sent.append(request.path)
        return exchange(self.server(request.path))

    def note(self, witness: str) -> None:
        self.notes.append(witness)


def exchange(body: str, started: float = 0.0, seconds: float = 0.0) -> Exchange:
    request = Request("a", "POST", body)
    return Exchange("x1", request, Response(200, (), body.encode()), None, started=started, seconds=seconds)


def card(word: str, picture: str) -> Alone:
    def same(answer: Exchange) -> None:
        assert answer.response is not None
        if answer.response.body.decode() != word:
            raise RuleBroken([Finding("another answer")])

    return Alone(word, Request("a", "POST", word), same, picture=picture)


DECK = [card("plain", "p"), card("strict", "p"), card("loose", "p"), card("other", "q")]


def walked(server: Server, seed: int = 1, walks: int = 4) -> Asking:
    asking = Asking(server)
    Orders(asking, lambda _: DECK).explore(seed, walks)  # type: ignore[arg-type]
    return asking


def test_a_server_that_keeps_nothing_in_mind_is_asked_in_several_orders() -> None:
    asked = walked(lambda word: word).sent
    walks = [tuple(asked[start : start + len(DECK)]) for start in range(0, len(asked), len(DECK))]

    assert all(sorted(walk) == sorted(one.what for one in DECK) for walk in walks)
    assert len(set(walks)) == len(walks) > 2


def test_the_same_seed_and_answers_give_the_same_requests() -> None:
    assert walked(lambda word: word, 7).sent == walked(lambda word: word, 7).sent
    assert walked(lambda word: word, 7).sent != walked(lambda word: word, 8).sent


def test_an_answer_about_another_picture_is_accused_at_once() -> None:
    given: list[str] = []

    def third_is_first(word: str) -> str:
        given.append(word)
        return given[-3] if len(given) % 3 == 0 else word

    with pytest.raises(RuleBroken, match="is answered as"):
        walked(third_is_first)


def test_what_goes_to_the_next_request_is_accused_by_the_one_that_left_it() -> None:
    left = ["plain"]

    def sticky(word: str) -> str:
        before, left[0] = left[0], word
        return before if word == "plain" and before == "strict" else word

    with pytest.raises(RuleBroken, match="plain is answered as strict is, after strict"):
        walked(sticky, walks=12)


def test_a_server_that_answers_by_chance_is_not_accused() -> None:
    for seed in range(30):
        chance = random.Random(seed)

        def now_so_and_now_so(word: str, chance: random.Random = chance) -> str:
            return "loose" if word == "strict" and chance.random() < 0.5 else word

        with pytest.raises(NoWitness, match="now so and now so"):
            walked(now_so_and_now_so, seed, walks=8)


def test_a_deck_of_which_nothing_can_be_told_apart_is_no_witness() -> None:
    alike = [card("plain", "p"), card("plain", "q")]
    with pytest.raises(NoWitness):
        told_apart(alike, [exchange("plain"), exchange("plain")])
    assert told_apart(DECK, [exchange(one.what) for one in DECK]) == 6


def test_a_burst_gives_the_answers_in_the_order_of_the_calls() -> None:
    assert burst([lambda number=number: number for number in range(40)], 12) == list(range(40))  # type: ignore[misc]
    assert burst([], 12) == []


def test_who_was_under_way_at_the_same_time() -> None:
    beside = [exchange("a", 0.0, 2.0), exchange("b", 1.0, 2.0), exchange("c", 1.5, 0.1), exchange("d", 5.0, 1.0)]
    in_turn = [exchange("a", 0.0, 1.0), exchange("b", 1.0, 1.0)]

    assert most_under_way(beside) == require_overlap(beside) == 3
    with pytest.raises(NoWitness):
        require_overlap(in_turn)


def test_by_turns() -> None:
    assert by_turns([[1, 2, 3], [], [4], [5, 6]]) == [1, 4, 5, 2, 6, 3]
    assert by_turns([]) == []
