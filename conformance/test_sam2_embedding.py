"""SAM2, `POST /sam2/embed_image`: pictures that are embedded ahead of their segmentation, by one line of S3.

The line promises that embeddings are made and cached. That they are found again by a name, whatever picture comes with
it, only the server's code says: a server that heeds no name, and knows pictures again by their pixels, keeps the line.
So a rule that sends another picture along only warns.
"""

from __future__ import annotations

from assay.contract.citing import operation
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_sam2
from assay.judge.answers import image_name
from assay.plugin.check import Check
from assay.plugin.drivers import Sam2EmbeddingDriver
from assay.plugin.drivers.orders import Orders
from assay.plugin.drivers.sam2_embedding import EMBEDDED, PACED, REFUSED
from assay.plugin.explore import seed_of

EMBED = "sam2.embed"
VERSIONS = ("hiera_tiny", "hiera_small")
NAMED, WALKS, PART = 9, 1, 8
"""Requests of a walk, walks at any depth, and one more for so many examples."""
PICTURES = ("first", "second")


@rule(
    "sam2.embed.segmented-as-without",
    requirement="A picture that was embedded under a name is segmented under that name as it is without.",
    says=operation(EMBED),
    source="document",
    severity="must",
    content=True,
    invariants=("A-10",),
    compares=True,
    cases=over(EMBED, picture=PICTURES),
    cost=Cost(own=6),
)
def test_an_embedded_picture_is_segmented_as_without(embedding: Sam2EmbeddingDriver, case: Case) -> None:
    pair = dict(zip(PICTURES, embedding.pair(), strict=True))
    for each in pair.values():
        embedding.embedded(each.scene)
    known = pair[case["picture"]]

    answer = embedding.by_name(known, sent=known.scene)

    verify_sam2.unchanged(answer, known.alone)


@rule(
    "sam2.embed.cached-picture-wins",
    requirement="A name that a picture was embedded under stands for that picture, whichever is sent along with it.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-12",),
    cases=over(EMBED),
)
def test_the_embedded_picture_wins(embedding: Sam2EmbeddingDriver) -> None:
    known, _ = embedding.pair()

    answer = embedding.in_spite_of(known)

    verify_sam2.of_the_cached_picture(answer, known.alone, known.elsewhere)


@rule(
    "sam2.embed.second-segmentation-is-faster",
    requirement="A picture is segmented faster when it has been segmented before, for its embedding was cached.",
    says=operation(EMBED),
    source="document",
    severity="should",
    invariants=("A-11",),
    alone="run",
    cases=over(EMBED),
    depth="standard",
    cost=Cost(own=EMBEDDED + REFUSED + 2 * PACED),
)
def test_the_second_segmentation_is_faster(embedding: Sam2EmbeddingDriver) -> None:
    cost = embedding.cost()

    paces = [embedding.pace(number, cost) for number in range(PACED)]

    verify_sam2.second_is_faster(paces, cost)
    saved = ", ".join(f"{pace.saved * 1000:.0f} of {pace.first.seconds * 1000:.0f}" for pace in paces)
    embedding.note(f"ms that were saved the second time: {saved}; embedding takes {cost * 1000:.0f}")


@rule(
    "sam2.embed.given-name-comes-back",
    requirement="The answer to a picture with an image_id names it so.",
    source="server",
    severity="should",
    invariants=("A-14",),
    cases=over(EMBED),
)
def test_the_given_name_comes_back(embedding: Sam2EmbeddingDriver) -> None:
    name, exchange = embedding.embedded(embedding.scenes[0])

    verify_sam2.given_name(name, exchange)
    embedding.note(f"{name} was given")


@rule(
    "sam2.embed.name-follows-from-pixels",
    requirement="Without an image_id equal pictures get the same name, and different pictures different ones.",
    source="server",
    severity="should",
    invariants=("A-14",),
    cases=over(EMBED, picture=["same", "other"]),
)
def test_the_name_follows_from_the_pixels(embedding: Sam2EmbeddingDriver, case: Case) -> None:
    first, second = embedding.scenes[:2]
    name = image_name(embedding.unnamed(first))

    if case["picture"] == "same":
        verify_sam2.same_name(name, embedding.unnamed(first))
    else:
        verify_sam2.other_name(name, embedding.unnamed(second))
    embedding.note(f"scene {first.name} is called {name}")


@rule(
    "sam2.embed.names-in-any-order",
    requirement="In whatever order pictures are embedded and segmented, named or not, each gets its own mask.",
    says=operation(EMBED),
    source="document",
    severity="must",
    content=True,
    invariants=("A-10", "A-14"),
    alone="task",
    cases=over(EMBED),
    depth="standard",
    cost=Cost(own=8 + NAMED * WALKS, drawn="names"),
)
def test_names_stand_for_their_pictures_in_any_order(
    embedding: Sam2EmbeddingDriver, check_in_progress: Check, case: Case
) -> None:
    options = check_in_progress.options

    Orders(embedding, embedding.names).explore(
        seed_of(options.seed, "names", case.id), WALKS + options.examples // PART
    )


def _other_version(own: str) -> str:
    return next(version for version in VERSIONS if version != own)


@rule(
    "sam2.embed.names-by-version",
    requirement="A name that a picture was embedded under for one version stands for nothing to another version.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-13",),
    alone="task",
    cases=over(EMBED),
    depth="standard",
    cost=Cost(own=16),
    asks=lambda case, own: _other_version(own),
)
def test_a_name_is_known_to_its_version_only(embedding: Sam2EmbeddingDriver) -> None:
    other = embedding.of_another_version(_other_version(embedding.model))
    (known, _), (_, unknown) = embedding.pair(), other.pair()
    embedding.embedded(known.scene)

    answer = other.segmented(unknown, embedding.embedded(known.scene)[0])
    afterwards = embedding.segmented(known, embedding.embedded(known.scene)[0])

    why = f"under a name that {embedding.model} and {other.model} have both been given"
    verify_sam2.of_its_own_picture(answer, unknown.alone, unknown.elsewhere, why)
    verify_sam2.of_its_own_picture(afterwards, known.alone, known.elsewhere, why)
    embedding.note(f"{known.scene.name} was embedded by {embedding.model}, {unknown.scene.name} came to {other.model}")
