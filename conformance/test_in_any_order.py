"""What was asked before: no answer depends on it.

A server may keep what it has computed; no client can tell, but by the time. One that keeps a parameter, a prompt or a
picture for the request that comes next answers wrongly, and only a sequence of requests shows it.
"""

from __future__ import annotations

from assay.contract import load
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_apart, verify_classes
from assay.photograph import look_alikes
from assay.plugin.check import Check
from assay.plugin.drivers import Driver
from assay.plugin.drivers.orders import Orders, told_apart
from assay.plugin.explore import seed_of
from assay.twins import twins

EVERY = tuple(load().operations)
NUMBERED = [name for name in EVERY if name.startswith(("hosted.", "infer.")) and "semantic" not in name]
DECK, WALKS, PART = 7, 2, 8
"""Different requests at most, orders in which they are asked at any depth, and one more for so many examples."""
STRIPS = (13, 29)
"""px by which pictures are made wider, so that they are the first of their size."""
PLACING = tuple(name for name in EVERY if name not in ("hosted.classification", "florence2.infer", "sam2.embed"))
"""Whose answers tell where things are."""


@rule(
    "service.answers-in-any-order",
    requirement="A request is answered as it is alone, whatever was asked before it, with whatever parameters.",
    source="sound",
    severity="must",
    invariants=("G-09",),
    alone="task",
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=DECK * (2 + WALKS), drawn="orders", part=1),
)
def test_the_order_of_requests_does_not_matter(asked: Driver, check_in_progress: Check, case: Case) -> None:
    deck = asked.deck()
    apart = told_apart(deck, [asked.once(one.request) for one in deck])
    asked.note(f"{len(deck)} requests, {apart} pairs of them answered differently")

    options = check_in_progress.options
    orders = Orders(asked, lambda _: deck)
    orders.explore(seed_of(options.seed, "orders", case.id), WALKS + options.examples // PART)


@rule(
    "service.looks-at-each-picture",
    requirement="Two pictures alike in size, in name and in how their files begin get answers of their own.",
    source="sound",
    severity="must",
    invariants=("G-09",),
    alone="task",
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=4),
)
def test_pictures_that_look_alike_are_told_apart(asked: Driver) -> None:
    scene = asked.scenes[0]
    full, empty = look_alikes(scene, STRIPS[0])
    other_full, other_empty = look_alikes(scene, STRIPS[1])

    full_first = asked.one_after_the_other(*(asked.about(each, scene) for each in (full, empty)))
    empty_first = asked.one_after_the_other(*(asked.about(each, scene) for each in (other_empty, other_full)))

    verify_apart.looked_at(full_first, empty_first)
    asked.note(f"scene {scene.name} and an empty picture, {full.width} and {other_full.width} px wide")


@rule(
    "service.looks-closely-at-each-picture",
    requirement="Two pictures that differ in nothing but where things lie get answers of their own.",
    source="sound",
    severity="must",
    invariants=("G-09",),
    alone="task",
    cases=over(PLACING),
    depth="standard",
    cost=Cost(own=4),
)
def test_pictures_that_are_nearly_alike_are_told_apart(asked: Driver) -> None:
    scene = asked.scenes[0]
    pictures = twins(scene)

    moving = asked.moving(pictures.plain, scene)
    back = asked.moving(reversed(pictures.marked), scene)

    verify_apart.looked_at_closely(moving, back, pictures.shift)
    asked.note(f"scene {scene.name}, and all of it {pictures.shift} px further right")


@rule(
    "service.numbers-classes-alike",
    requirement="A class_id stands for one class in all answers of a model, whatever a picture shows and is asked for.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-18",),
    cases=over(NUMBERED),
    cost=Cost(own=2 * DECK),
    depth="standard",
)
def test_classes_keep_their_numbers(asked: Driver) -> None:
    requests = [one.request for one in (*asked.deck(), *asked.apart())]

    numbers = verify_classes.numbers_stable([asked.once(request) for request in requests])

    asked.note(", ".join(f"{label} is {number}" for label, number in numbers.items()) + f" in {len(requests)} answers")
