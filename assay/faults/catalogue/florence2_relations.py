"""Faults of Florence 2 that show when related requests are compared: another route, fewer tokens, other phrases."""

from __future__ import annotations

from functools import partial

from assay.faults.model import FLORENCE, Fault
from assay.faults.operators import florence, memories, parameters
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded

ROUTE = "florence2.route.model-in-path"
FEWER = "florence2.tokens.fewer-say-less"
PHRASES = "florence2.phrases.looked-for"
REGIONS = "florence2.regions.looked-at"
TOP_LEFT, ALL = "<loc_0><loc_0><loc_500><loc_500>", "<loc_0><loc_0><loc_999><loc_999>"
LABELS = "florence2.labels.beside-their-boxes"
READING = "florence2.text.same-with-and-without-places"

_florence = partial(Fault, operations=(FLORENCE,))

FAULTS: tuple[Fault, ...] = (
    _florence(
        name="model-in-path-crashes",
        sentence="A request with the model in its path is answered 500.",
        breaks=(ROUTE,),
        response=only_if(both(succeeded, florence.model_in_path), INTERNAL_ERROR),
    ),
    _florence(
        name="model-in-path-beats-the-body",
        sentence="Where path and body name two models, that of the path answers, and nothing is refused.",
        breaks=(ROUTE,),
        request=florence.model_of_the_path,
    ),
    _florence(
        name="limit-of-tokens-ignored",
        sentence="The number of tokens that a request allows is ignored.",
        breaks=(FEWER,),
        request=parameters.drop_body_field("max_new_tokens"),
    ),
    _florence(
        name="limit-of-tokens-crashes",
        sentence="A request that allows a number of tokens is answered 500.",
        breaks=(FEWER,),
        response=only_if(both(succeeded, florence.limited), INTERNAL_ERROR),
    ),
    _florence(
        name="words-read-without-places-are-others",
        sentence="Reading without places gives words that stand nowhere.",
        breaks=(READING,),
        response=florence.change_text(lambda text: "lorem ipsum dolor sit amet", "<OCR>"),
    ),
    _florence(
        name="pieces-of-text-numbered",
        sentence="Pieces of text are labelled with their numbers, and not with what is read there.",
        breaks=(READING,),
        response=florence.change_labels(florence.numbered, "<OCR_WITH_REGION>"),
    ),
    _florence(
        name="one-phrase-for-all",
        sentence="Whatever the phrase is, a blue rectangle is looked for.",
        breaks=(PHRASES,),
        request=florence.always_with("phrase", "a blue rectangle"),
    ),
    _florence(
        name="phrases-mean-anything",
        sentence="Whatever the phrase is, any object is found.",
        breaks=(PHRASES,),
        request=florence.always_with("phrase", "object"),
    ),
    _florence(
        name="phrases-not-kept-apart",
        sentence="An answer is kept under picture and task, and given again to another phrase.",
        breaks=(PHRASES,),
        traffic=memories.remembering(florence.all_but_what("phrase")),
    ),
    _florence(
        name="labels-in-reverse-order",
        sentence="The labels come in reverse order, and the boxes as they did.",
        breaks=(LABELS,),
        response=florence.change_labels(lambda labels: labels[::-1]),
    ),
    _florence(
        name="first-and-last-label-exchanged",
        sentence="The first label of a list and its last one have changed places.",
        breaks=(LABELS,),
        response=florence.change_labels(lambda labels: [*labels[-1:], *labels[1:-1], *labels[: len(labels) > 1]]),
    ),
    _florence(
        name="one-region-for-all",
        sentence="Whatever the region is, the top left quarter of the picture is looked at.",
        breaks=(REGIONS,),
        request=florence.always_with("region", TOP_LEFT),
    ),
    _florence(
        name="regions-widened-to-all",
        sentence="Whatever the region is, the whole picture is looked at.",
        breaks=(REGIONS,),
        request=florence.always_with("region", ALL),
    ),
    _florence(
        name="regions-not-kept-apart",
        sentence="An answer is kept under picture and task, and given again to another region.",
        breaks=(REGIONS,),
        traffic=memories.remembering(florence.all_but_what("region")),
    ),
)
