"""Faults of SAM2's embeddings: what they are called, which picture they are of, and whether they are kept."""

from __future__ import annotations

from functools import partial

from assay.faults.model import EMBED, SAM2, SEGMENT, Fault
from assay.faults.operators import answers, embeddings, masks, parameters
from assay.faults.operators.fields import change_field, drop_field

FIELDS = "sam2.answer.server-fields"
SCHEMA = "sam2.answer.schema"
BAD_IMAGE = "service.refuses-undecodable-image"
AS_WITHOUT = "sam2.embed.segmented-as-without"
WINS = "sam2.embed.cached-picture-wins"
FASTER = "sam2.embed.second-segmentation-is-faster"
GIVEN = "sam2.embed.given-name-comes-back"
NAMES = "sam2.embed.names-in-any-order"
VERSIONS = "sam2.embed.names-by-version"
OF_PIXELS = "sam2.embed.name-follows-from-pixels"

_embed = partial(Fault, operations=(EMBED,))
_segment = partial(Fault, operations=(SEGMENT,))
_both = partial(Fault, operations=SAM2)
_named = partial(answers.only_if, answers.has_in_body("image_id"))
_unnamed = partial(answers.only_if, answers.both(answers.succeeded, answers.lacks_in_body("image_id")))

_SHAPE = (
    _embed(
        name="image-id-missing",
        sentence="The answer to an embedding has no image_id.",
        breaks=(FIELDS, GIVEN, OF_PIXELS),
        response=drop_field("/image_id"),
    ),
    _embed(
        name="image-id-as-number",
        sentence="The image_id of an embedding is sent as a number.",
        breaks=(FIELDS, GIVEN, OF_PIXELS),
        response=change_field("/image_id", lambda name: 7),
    ),
    _embed(
        name="embedding-as-text",
        sentence="The answer to an embedding is the name alone, as text.",
        breaks=(SCHEMA,),
        response=answers.only_if(answers.succeeded, answers.replace_answer(200, b"two", "text/plain")),
    ),
    _embed(
        name="bad-image-embedded",
        sentence="A picture that cannot be decoded is embedded all the same.",
        breaks=(BAD_IMAGE,),
        response=answers.only_if(answers.picture_refused, answers.replace_answer(200, b'{"image_id":"a","time":0.1}')),
    ),
)

_NAMES = (
    _embed(
        name="image-id-replaced",
        sentence="A picture that is embedded under a given name is answered with another one.",
        breaks=(GIVEN,),
        response=_named(change_field("/image_id", lambda name: "embedding-1")),
    ),
    _embed(
        name="image-id-cut-short",
        sentence="Of a given name only the first 12 characters come back.",
        breaks=(GIVEN,),
        response=_named(change_field("/image_id", lambda name: name[:12] if isinstance(name, str) else name)),
    ),
    _embed(
        name="image-id-new-each-time",
        sentence="A picture that is embedded without a name gets another one in every answer.",
        breaks=(OF_PIXELS,),
        traffic=embeddings.NewNameEachTime,
    ),
    _embed(
        name="image-id-one-for-all",
        sentence="All pictures that are embedded without a name get the same one.",
        breaks=(OF_PIXELS,),
        response=_unnamed(change_field("/image_id", lambda name: "unnamed")),
    ),
)

_PICTURES = (
    _both(
        name="only-the-last-embedding",
        sentence="Whatever name is given, the mask is that of the picture that was embedded last.",
        breaks=(AS_WITHOUT,),
        traffic=embeddings.OnlyTheLast,
    ),
    _segment(
        name="embedded-masks-shifted",
        sentence="Masks of a picture under a name lie 25 px too far to the right.",
        breaks=(AS_WITHOUT,),
        response=_named(masks.move_points(lambda x, y: [x + 25, y])),
    ),
    _segment(
        name="picture-beats-image-id",
        sentence="The name of an embedded picture is ignored; the picture that is sent along is segmented.",
        breaks=(WINS,),
        request=parameters.drop_body_field("image_id"),
    ),
    _both(
        name="embeddings-by-name-and-picture",
        sentence="An embedding is found again only by its name and the same picture together.",
        breaks=(WINS,),
        request=parameters.edit_body(embeddings.by_name_and_picture),
    ),
)

_KEEPING = (
    _segment(
        name="embeddings-not-kept",
        sentence="No embedding is used again: each segmentation makes its own.",
        breaks=(FASTER,),
        traffic=embeddings.NeverKept,
    ),
    _segment(
        name="embeddings-used-once",
        sentence="An embedding serves one segmentation and is thrown away.",
        breaks=(FASTER,),
        traffic=embeddings.UsedOnce,
    ),
)

_ORDERS = (
    _both(
        name="names-cut-short",
        sentence="Of the name of an embedding only the first 32 characters count.",
        breaks=(NAMES,),
        request=parameters.change_body_field("image_id", lambda name: name[:32] if isinstance(name, str) else name),
    ),
    _both(
        name="last-name-for-the-nameless",
        sentence="A picture without a name is taken for the one that was named last.",
        breaks=(NAMES,),
        traffic=embeddings.NameStays,
    ),
    _both(
        name="names-known-to-every-version",
        sentence="A picture that was embedded under a name for one version is that of the name for every other.",
        breaks=(VERSIONS,),
        traffic=partial(embeddings.ForEveryVersion, "image"),
    ),
    _both(
        name="version-of-the-name",
        sentence="Under a name the version answers that it was first given to, whichever is asked.",
        breaks=(VERSIONS,),
        traffic=partial(embeddings.ForEveryVersion, "sam2_version_id"),
    ),
)

FAULTS: tuple[Fault, ...] = (*_SHAPE, *_NAMES, *_PICTURES, *_KEEPING, *_ORDERS)
