"""What the rig cannot show, and why: its models are tiny, and its server is what it is.

What the server gets wrong stands in `fixtures/known-deviations`, once, with its evidence; here stands only what is a
matter of this rig. Patterns are those of a shell.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from assay.record import Outcome

OLD, NEW = "old-inference", "inference-models"
EITHER = (OLD, NEW)


@dataclass(frozen=True)
class Unseen:
    """Cases that come to nothing here."""

    rule: str
    case: str
    reason: str
    engines: tuple[str, ...] = EITHER
    sometimes: bool = False
    """Whether it comes to something on a quiet machine."""

    def covers(self, outcome: Outcome, engine: str) -> bool:
        """Whether this is one of them."""
        named = fnmatchcase(outcome.rule, self.rule) and fnmatchcase(outcome.case, self.case)
        return named and engine in self.engines


SAM2_HEEDS_NO_PROMPT = "the rig's SAM2 follows colour and not the point"
NO_KEY_NEEDED = "a model in memory answers without a key, so that what a key opens cannot be seen"
NO_KEY_IN_QUERY = "the routes that name the task read no key in the query"
UNKNOWN_OWLV2_BREAKS = "over a version that it does not know the engine breaks down before it judges a key"
NO_PROCESSING_TIME = "the server tells its processing time on the hosted service only"
CRASHES = "it crashes over such a request, which another rule finds, and is known"
NO_OUTLINES = "the rig's Florence 2 draws no outlines and reads no letters"
PLACES_BY_A_GRID = "the rig's models tell of places by a grid that is wider than a thing is moved"
NO_HOLLOW = "the rig's SAM2 marks all strong paint at once, and no piece of that has a hollow"
NO_BANDS = "the rig's models give boxes of one size, none of which is about a painted band"
IN_MEMORY = "what another test asked before is in memory already"
NO_DETAIL = "the rig's Florence 2 says the same of a picture and of its upper quarter"
SAME_SHARES = "the rig's Florence 2 tells of the same shares of any picture"
NO_PHRASE, NO_REGION = "the rig's Florence 2 knows no phrase", "the rig's Florence 2 knows no region"

INCONCLUSIVE = (
    Unseen("sam2.embed.second-segmentation-is-faster", "*", "time is too uneven on a busy machine", sometimes=True),
    Unseen("service.tells-first-use", "*", IN_MEMORY, sometimes=True),
    Unseen("service.tells-what-a-load-took", "*", IN_MEMORY, sometimes=True),
    Unseen("service.tells-no-key", "* told=refusals-of-a-wrong-key", NO_KEY_NEEDED, sometimes=True),
    Unseen("service.load-times-add-up", "*", IN_MEMORY, sometimes=True),
    Unseen("sam2.segment.mask-for-each-prompt", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.predictions-follow-prompts", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.confidence-of-its-prompt", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.positive-point-inside", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.points-where-they-are", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.marks-the-same-in-large-pictures", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.negative-point-outside", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.box-anchored-at-its-centre", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.heeds-boxes", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.rle-agrees-with-polygon", "* mask=with-a-hollow", NO_HOLLOW),
    Unseen("sam2.segment.takes-boxes-whole", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.heeds-every-point", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.other-wrappers-of-prompts", "* wrapper=none", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.other-wrappers-of-prompts", "* wrapper=list-of-boxes", SAM2_HEEDS_NO_PROMPT),
    Unseen("sam2.segment.older-fields-beside-prompts", "*", SAM2_HEEDS_NO_PROMPT),
    Unseen("service.demands-a-key", "*", NO_KEY_NEEDED),
    Unseen("service.key-in-each-place", "*", NO_KEY_NEEDED),
    Unseen("service.no-way-around-the-key", "*", NO_KEY_NEEDED),
    Unseen("service.asks-for-the-key-on-every-way", "*", NO_KEY_NEEDED),
    Unseen("service.takes-nothing-for-a-key", "*", NO_KEY_NEEDED),
    Unseen("service.keeps-keys-apart", "*", NO_KEY_NEEDED),
    Unseen("service.refuses-wrong-key", "infer.* place=query", NO_KEY_IN_QUERY),
    Unseen("service.refuses-wrong-key", "owlv2.infer place=query", UNKNOWN_OWLV2_BREAKS, (OLD,)),
    Unseen("service.refuses-wrong-key", "owlv2.infer place=header", UNKNOWN_OWLV2_BREAKS, (OLD,)),
    Unseen("service.processing-time-within-the-call", "*", NO_PROCESSING_TIME),
    Unseen("service.names-what-is-missing", "* at=/image/value", CRASHES),
    Unseen("service.names-what-is-missing", "owlv2.infer at=/training_data/*/image/value", CRASHES),
    Unseen("service.names-what-is-missing", "florence2.infer at=/prompt", CRASHES),
    Unseen("service.names-what-is-missing", "sam2.embed at=/image", CRASHES, (NEW,)),
    Unseen(
        "semantic.confidence.higher-takes-classes-away",
        "* threshold=step-by-step",
        "the older engine heeds no threshold, which is known",
        (OLD,),
    ),
    Unseen("hosted.boxes.wide-as-things-are", "*", "the rig's models give all boxes one size", sometimes=True),
    Unseen("hosted.keypoints.lie-on-what-they-are-of", "*", NO_BANDS),
    Unseen("hosted.parameters.heeded-*", "* parameter=classes*", "the server ignores it, which is known"),
    Unseen("hosted.classes.drawing-shows-only-those", "*", "the server ignores the parameter, which is known"),
    Unseen("semantic.format.drawing-shows-classes", "* mode=image", "there is no drawing to judge"),
    Unseen(
        "hosted.format.drawing-is-of-the-picture",
        "hosted.semantic-segmentation mode=image",
        "there is no drawing to judge",
    ),
    Unseen("florence2.boxes.corners-and-labels", "* task=OPEN_VOCABULARY_DETECTION", NO_OUTLINES, (NEW,)),
    Unseen("florence2.polygons.points-and-labels", "*", NO_OUTLINES),
    Unseen("florence2.text.quads-and-labels", "*", NO_OUTLINES),
    Unseen("florence2.text.same-with-and-without-places", "*", NO_OUTLINES),
    Unseen("florence2.phrases.looked-for", "*", NO_PHRASE),
    Unseen("florence2.labels.beside-their-boxes", "*", NO_PHRASE),
    Unseen("florence2.regions.looked-at", "*", NO_REGION),
    Unseen("florence2.boxes.placed-in-upright-pictures", "*", SAME_SHARES),
    Unseen("service.picture-in-large-files", "florence2.infer", NO_DETAIL),
    Unseen("service.looks-closely-at-each-picture", "*.object-detection", PLACES_BY_A_GRID),
    Unseen("service.looks-closely-at-each-picture", "*.keypoint-detection", PLACES_BY_A_GRID),
    Unseen("service.looks-closely-at-each-picture", "owlv2.infer", PLACES_BY_A_GRID),
)
NO_DRAWING = "blocked by the drawing that is missing"
BLOCKED = (
    Unseen("semantic.format.*", "hosted.semantic-segmentation*", NO_DRAWING),
    Unseen("hosted.format.visualization-is-jpeg", "hosted.semantic-segmentation", NO_DRAWING),
    Unseen("hosted.format.drawing-is-of-the-picture", "hosted.semantic-segmentation mode=image_and_json", NO_DRAWING),
)
SKIPPED = (
    Unseen("service.fetches-no-address-in-disguise", "*", "the rig is told to fetch pictures from plain addresses"),
    Unseen("*", "hosted.instance-segmentation*", "the rig has no such model"),
    Unseen("*", "hosted.classification*", "the rig has no such model"),
)

WITHOUT_A_MODEL = frozenset({"hosted.instance-segmentation", "hosted.classification"})
NO_EFFECT_HERE = {
    "small-threshold-read-as-fraction": "the server reads it so anyway",
    "keypoint-threshold-ignored": "the server ignores the parameter anyway, which is known",
    "list-of-targets-crashes": "it does so anyway, which is known",
    "classes-ignored": "the server ignores the parameter anyway",
    "classes-lost-beside-an-address": "the server ignores the parameter anyway",
    "classes-only-first": "the server ignores the parameter, whatever it lists",
    "drawing-of-all-classes": "the server ignores the parameter anyway",
    "visualization-of-all-classes": "the server ignores the parameter anyway",
    "predictions-in-other-order": "its tiny SAM2 answers every prompt with the same mask",
    "example-boxes-in-network-pixels": "boxes of OwlV2 leave the picture on this server anyway, a known deviation",
    "example-boxes-shifted": "boxes of OwlV2 leave the picture on this server anyway, a known deviation",
    "predictions-from-left-to-right": "its tiny SAM2 answers every prompt with the same mask",
    "first-prompt-for-all": "its tiny SAM2 answers every prompt with the same mask",
    "last-prompt-lost": "its tiny SAM2 answers every prompt with the same mask: only their number tells",
    "prompts-merged": "its tiny SAM2 answers every prompt with the same mask: only their number tells",
    "point-axes-swapped": "its tiny SAM2 heeds no point",
    "points-in-network-pixels": "its tiny SAM2 heeds no point",
    "negative-points-read-as-positive": "its tiny SAM2 heeds no point",
    "first-label-for-all-points": "its tiny SAM2 heeds no point",
    "box-read-from-its-corner": "its tiny SAM2 heeds no box",
    "box-axes-swapped": "its tiny SAM2 heeds no box",
    "boxes-of-half-the-size": "its tiny SAM2 heeds no box",
    "boxes-scaled-to-the-corner": "its tiny SAM2 heeds no box",
    **dict.fromkeys(
        ("first-point-alone-heeded", "last-point-alone-heeded", "third-point-dropped"), "its tiny SAM2 heeds no point"
    ),
    **dict.fromkeys(("box-ignored", "first-box-for-all"), "its tiny SAM2 heeds no box"),
    **dict.fromkeys(
        ("third-prompt-as-second", "prompts-in-chunks-of-four", "confidences-sorted", "confidence-of-first-prompt"),
        "its tiny SAM2 answers every prompt with the same mask",
    ),
    **dict.fromkeys(
        ("boxes-with-width-for-height", "boxes-with-width-for-height-in-upright-pictures"),
        "all its boxes are of one size, whatever they are of: only a drawing tells",
    ),
    "bare-prompt-lost": "its tiny SAM2 makes the same of no prompt",
    **dict.fromkeys(("points-ten-to-the-right", "points-ten-higher"), "its tiny SAM2 heeds no point"),
    **dict.fromkeys(
        ("points-halved-in-large-pictures", "points-not-scaled-in-large-pictures"), "its tiny SAM2 heeds no point"
    ),
    **dict.fromkeys(("places-upright-by-the-longer-side", "places-upright-by-the-other-side"), SAME_SHARES),
    "older-points-beat-prompts": "its tiny SAM2 answers every prompt with the same mask",
    "unknown-format-crashes": "it does so anyway, which is known",
    **dict.fromkeys(
        (
            "get-opens-without-a-key",
            "any-key-opens-to-a-form",
            "drawing-opens-without-a-key",
            "list-of-pictures-opens-without-a-key",
            "model-in-path-opens-without-a-key",
            "known-names-open-without-a-key",
            "blank-key-opens",
            "other-scheme-opens",
            "wrong-key-told-in-header",
        ),
        "it asks for no key once a model is in memory",
    ),
    "boxes-of-a-bare-list-read-from-their-corner": "its tiny SAM2 heeds no box",
    "missing-key-crashes": "it asks for no key once a model is in memory",
    "missing-key-error-page": "it asks for no key once a model is in memory",
    "header-key-ignored": "it asks for no key once a model is in memory",
    "query-key-ignored": "it asks for no key once a model is in memory",
    "segmentation-opens-without-a-key": "it asks for no key once a model is in memory",
    "task-routes-open-without-a-key": "it asks for no key once a model is in memory",
    "any-bearer-opens": "it opens to any key once a model is in memory, which is known",
    "any-bearer-opens-a-model": "it opens to any key once a model is in memory, which is known",
    "class-drawing-plain": "it draws no classes, which is known",
    "class-drawing-grey": "it draws no classes, which is known",
    "class-drawing-mirrored": "it draws no classes, which is known",
    "warm-model-opens-to-any-key": "it does so anyway, which is known",
    "warm-route-opens-to-any-key": "it does so anyway, which is known",
    "wrong-key-crashes": "it refuses the wrong key for no model in memory",
    "wrong-key-not-found": "it refuses the wrong key for no model in memory, and 404 of another says nothing",
    "wrong-key-refused-with-401": "it does so anyway, which is known",
    "refusal-in-lower-case": "it does so anyway, which is known",
    "florence-polygons-odd": "its tiny Florence 2 draws no outlines",
    "florence-polygons-as-fractions": "its tiny Florence 2 draws no outlines",
    "quads-by-two-corners": "its tiny Florence 2 reads no letters",
    "quads-as-fractions": "its tiny Florence 2 reads no letters",
    "wrong-key-opens-under-load": "it asks for no key once a model is in memory",
    "right-key-refused-under-load": "it asks for no key once a model is in memory",
    "names-known-to-every-version": "there is one size of it",
    "version-of-the-name": "there is one size of it",
    "processing-time-in-milliseconds": "it tells no processing time",
    "processing-time-without-the-model": "it tells no processing time",
    "words-read-without-places-are-others": "its tiny Florence 2 reads no letters",
    "pieces-of-text-numbered": "its tiny Florence 2 reads no letters",
    **dict.fromkeys(
        (
            "one-phrase-for-all",
            "phrases-mean-anything",
            "phrases-not-kept-apart",
            "labels-in-reverse-order",
            "first-and-last-label-exchanged",
        ),
        "its tiny Florence 2 knows no phrase",
    ),
    **dict.fromkeys(
        ("one-region-for-all", "regions-widened-to-all", "regions-not-kept-apart"),
        "its tiny Florence 2 knows no region",
    ),
    **dict.fromkeys(
        ("keypoints-mirrored-in-their-box", "keypoints-upside-down-in-their-box"),
        "none of its boxes is about a painted band",
    ),
    **dict.fromkeys(
        ("overlap-ignored", "overlap-not-a-number"),
        "its boxes are of one size, and none of the painted pairs is two of them",
    ),
    "files-read-for-anybody": "it does so anyway, which is known",
    "missing-files-told": "it reads the files anyway, which is known",
    "large-model-crashes": "there is one size of it",
    "large-model-says-text-only": "there is one size of it",
}
"""Faults that change nothing on this rig."""
NO_EFFECT_ON = {
    NEW: {
        "keypoints-far-below": "the engine leaves keypoints outside the picture anyway, which is known",
        "keypoints-in-network-pixels": "the engine leaves keypoints outside the picture anyway, which is known",
    },
    OLD: {
        "route-by-task-default-overlap-forty-five": "it suppresses the same boxes at 0.45 as at 0.3",
        "box-beside-point-crashes": "it does so anyway, which is known",
        "limit-of-tokens-ignored": "the engine ignores it anyway, which is known",
        "class-threshold-ignored": "the engine ignores the threshold anyway, which is known",
        "class-threshold-halved": "the engine ignores the threshold anyway, which is known",
        "confidence-mask-full": "the engine heeds no threshold, which is known: nothing is held against it",
    },
}
"""Faults that change nothing on one engine."""
