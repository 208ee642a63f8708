"""Faults in how pictures travel, and in how the service speaks: addresses, forms, EXIF, headers, JSON."""

from __future__ import annotations

from functools import partial

from assay.contract.message import Request, Response
from assay.faults.model import ALL_OPERATIONS, HOSTED, INFER, OBJECT_DETECTION, SEMANTIC, Fault
from assay.faults.operators import answers, credentials, delivery, loading, memories, versions
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded
from assay.faults.operators.fields import change_field
from assay.faults.operators.parameters import drop_parameter

BAD_IMAGE = "service.refuses-undecodable-image"
BY_ADDRESS = "service.picture-by-address"
WITH_QUERY = "service.picture-by-address-with-query"
ANEW = "service.picture-by-address-anew"
INFER_BY_ADDRESS = "infer.picture.by-address"
AS_FORM = "service.picture-as-form"
SPELLINGS = "service.picture-spellings"
TURNED = "service.picture-turned-by-exif"
UPRIGHT = "service.picture-seen-upright"
MIRRORED = "service.picture-mirrored-by-exif"
AS_STORED = "service.picture-left-as-stored"
PICKLED = "service.refuses-pickled-picture"
UNKNOWN_MODEL = "service.refuses-unknown-model"
WHAT_IT_TOOK = "service.tells-what-a-load-took"
COLD_STARTS = "service.tells-cold-starts"
FIRST_USE = "service.tells-first-use"
ADD_UP = "service.load-times-add-up"
LOAD_ONCE = "service.tells-load-times-once"
JSON = "service.json-is-json"
ONCE = "service.json-members-once"
OPEN_ROUTES = "service.routes-need-no-key"

_PARAMETER = "disable_preproc_auto_orient"
_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_infer = partial(Fault, operations=INFER)
_hosted = partial(Fault, operations=HOSTED)
_versioned = partial(Fault, operations=(*HOSTED, *INFER), breaks=(UNKNOWN_MODEL,))
_placing = partial(Fault, operations=(OBJECT_DETECTION, SEMANTIC))
_first_use = partial(Fault, operations=(*ALL_OPERATIONS, loading.REGISTRY), breaks=(FIRST_USE,))
_loads = partial(Fault, operations=(*ALL_OPERATIONS, loading.REGISTRY))
_A_LOAD = '[{"m":"a","t":0.5}]'
_TWO_LOADS = '[{"m":"a","t":0.5},{"m":"b","t":0.4}]'
_BAD_PICTURE = answers.replace_answer(400, b'{"message":"Could not load input image."}')
_EMPTY = answers.replace_answer(200, b'{"time":0.01,"image":{"width":640,"height":480},"predictions":[]}')
_NO_KEY = answers.replace_answer(401, b'{"status":401,"message":"Unauthorized api_key"}')

_DELIVERY = (
    _anywhere(
        name="address-answered-with-stock-picture",
        sentence="A picture by its address is never fetched; a picture of the server's own is answered instead.",
        breaks=(BY_ADDRESS,),
        request=delivery.stock_picture_if(delivery.by_address),
    ),
    _anywhere(
        name="address-crashes",
        sentence="A request with a picture by its address is answered 500.",
        breaks=(BY_ADDRESS,),
        response=only_if(both(succeeded, delivery.by_address), INTERNAL_ERROR),
    ),
    _anywhere(
        name="address-fetched-without-query",
        sentence="A picture is fetched from its address without the query of that.",
        breaks=(WITH_QUERY,),
        request=delivery.address_without_query,
    ),
    _anywhere(
        name="answers-kept-by-address-without-query",
        sentence="An answer is kept by the address of its picture, the query left out, and given for any other query.",
        breaks=(WITH_QUERY,),
        traffic=memories.remembering(memories.by_address_without_query),
    ),
    _anywhere(
        name="answers-kept-by-address",
        sentence="An answer is kept by the address of its picture, and given whatever is there later.",
        breaks=(ANEW,),
        traffic=memories.remembering(memories.by_picture_address),
    ),
    _anywhere(
        name="address-answered-one-late",
        sentence="A picture by its address is answered as it was there the last time.",
        breaks=(ANEW,),
        traffic=lambda: memories.Before(memories.by_picture_address),
    ),
    _infer(
        name="address-not-fetched-by-task",
        sentence="Where the route names the task, a picture of the server's own stands for one by its address.",
        breaks=(INFER_BY_ADDRESS,),
        request=delivery.stock_picture_if(delivery.by_address),
    ),
    _infer(
        name="address-crashes-by-task",
        sentence="Where the route names the task, a request with a picture by its address is answered 500.",
        breaks=(INFER_BY_ADDRESS,),
        response=only_if(both(succeeded, delivery.by_address), INTERNAL_ERROR),
    ),
    _hosted(
        name="form-answered-with-stock-picture",
        sentence="The picture in a form is not read; a picture of the server's own is answered instead.",
        breaks=(AS_FORM,),
        request=delivery.stock_picture_if(delivery.in_form),
    ),
    _hosted(
        name="form-refused",
        sentence="A picture that is a part of a form is refused with 400.",
        breaks=(AS_FORM,),
        response=only_if(both(succeeded, delivery.in_form), _BAD_PICTURE),
    ),
    _anywhere(
        name="base64-in-lines-refused",
        sentence="Base64 with line breaks is refused with 400.",
        breaks=(SPELLINGS,),
        response=only_if(both(succeeded, delivery.in_lines), _BAD_PICTURE),
    ),
    _anywhere(
        name="data-prefix-refused",
        sentence="Base64 behind a data prefix is refused with 400.",
        breaks=(SPELLINGS,),
        response=only_if(both(succeeded, delivery.with_prefix), _BAD_PICTURE),
    ),
    _anywhere(
        name="pickle-unpickled",
        sentence="A pickled array is unpickled, and answered as the picture that it is.",
        breaks=(PICKLED,),
        request=delivery.unpickle,
    ),
    _anywhere(
        name="pickle-seen-empty",
        sentence="What is said to be a pickled array is answered 200 with no predictions.",
        breaks=(PICKLED,),
        response=only_if(both(answers.refused, delivery.pickled), _EMPTY),
    ),
    _anywhere(
        name="pickle-crashes",
        sentence="What is said to be a pickled array is answered 500.",
        breaks=(PICKLED,),
        response=only_if(both(answers.refused, delivery.pickled), INTERNAL_ERROR),
    ),
)

_ORIENTATION = (
    _hosted(
        name="exif-ignored",
        sentence="The size of a picture that its EXIF turns is stated as it is stored.",
        breaks=(TURNED,),
        response=only_if(both(delivery.turned(), answers.negated(answers.given(_PARAMETER))), delivery.swap_size),
    ),
    _hosted(
        name="exif-to-the-left-ignored",
        sentence="Only the EXIF orientation 6 is applied, and 8 is not.",
        breaks=(TURNED,),
        response=only_if(both(delivery.turned(8), answers.negated(answers.given(_PARAMETER))), delivery.swap_size),
    ),
    _hosted(
        name="exif-turns-the-size-alone",
        sentence="Of a picture that its EXIF turns the size is that of the upright one, and all else as it is stored.",
        breaks=(UPRIGHT,),
        request=delivery.read_as({6: 1, 8: 1}),
        response=only_if(both(delivery.turned(6, 8), answers.negated(answers.given(_PARAMETER))), delivery.swap_size),
    ),
    _hosted(
        name="exif-turns-the-wrong-way",
        sentence="A picture that its EXIF turns to the right is turned to the left, and the other way round.",
        breaks=(UPRIGHT,),
        request=delivery.read_as({6: 8, 8: 6}),
    ),
    _placing(
        name="exif-mirrors-ignored",
        sentence="Of the EXIF orientations only those that turn are applied, and those that mirror are not.",
        breaks=(MIRRORED,),
        request=delivery.read_as({2: 1, 4: 1, 5: 6, 7: 8}),
    ),
    _placing(
        name="exif-upside-down-ignored",
        sentence="The EXIF orientation 3, by which a picture is upside down, is ignored.",
        breaks=(MIRRORED,),
        request=delivery.read_as({3: 1}),
    ),
    _hosted(
        name="auto-orient-always-on",
        sentence="The parameter disable_preproc_auto_orient is ignored.",
        breaks=(AS_STORED,),
        request=drop_parameter(_PARAMETER),
    ),
    _hosted(
        name="size-stated-as-turned",
        sentence="With disable_preproc_auto_orient the size is stated as if the picture had been turned.",
        breaks=(AS_STORED,),
        response=only_if(both(delivery.turned(), answers.given(_PARAMETER)), delivery.swap_size),
    ),
)


def _not_found(request: Request, response: Response) -> bool:
    return response.status == 404


_SPEECH = (
    _hosted(
        name="unknown-model-crashes",
        sentence="A request to a model that is not there is answered 500.",
        breaks=(UNKNOWN_MODEL,),
        response=only_if(_not_found, INTERNAL_ERROR),
    ),
    _hosted(
        name="unknown-model-seen-empty",
        sentence="A request to a model that is not there is answered 200 with no predictions.",
        breaks=(UNKNOWN_MODEL,),
        response=only_if(_not_found, _EMPTY),
    ),
    _versioned(
        name="unknown-version-answered-by-another",
        sentence="A version that is not there is answered by another one of the same model.",
        traffic=versions.answered_by_another(),
    ),
    _versioned(
        name="unknown-version-crashes",
        sentence="A version that is not there, of a model that is, is answered 500.",
        traffic=versions.answered_with(INTERNAL_ERROR),
    ),
    _anywhere(
        name="cold-start-stuck",
        sentence="X-Model-Cold-Start is true in every answer.",
        breaks=(COLD_STARTS,),
        response=credentials.set_header("x-model-cold-start", "true"),
    ),
    _anywhere(
        name="cold-start-in-other-words",
        sentence="X-Model-Cold-Start says yes and no, and not true and false.",
        breaks=(COLD_STARTS,),
        response=credentials.set_header("x-model-cold-start", "no"),
    ),
    _loads(
        name="cold-start-now-and-then",
        sentence="Every third answer of a model says X-Model-Cold-Start: true, though nothing was loaded.",
        breaks=(WHAT_IT_TOOK,),
        traffic=loading.cold_again(lambda number: number % 3 == 0),
    ),
    _loads(
        name="second-load-untimed",
        sentence="A model is loaded twice, and only the first answer tells how long that took.",
        breaks=(WHAT_IT_TOOK,),
        traffic=loading.cold_again(lambda number: number == 2),
    ),
    _first_use(
        name="first-use-said-warm",
        sentence="X-Model-Cold-Start is false in every answer, that for which a model was loaded among them.",
        traffic=loading.lazily(lambda number: "false"),
    ),
    _first_use(
        name="cold-start-told-too-late",
        sentence="X-Model-Cold-Start is true in the second answer of a model, and not in the one it was loaded for.",
        traffic=loading.lazily(lambda number: "true" if number == 2 else "false"),
    ),
    _loads(
        name="load-time-of-the-first-part",
        sentence="X-Model-Load-Details tells of a second model, whose time X-Model-Load-Time leaves out.",
        breaks=(ADD_UP,),
        traffic=loading.timed(lambda number: ("0.5", _TWO_LOADS) if number == 1 else None),
    ),
    _loads(
        name="load-time-in-words",
        sentence="X-Model-Load-Time is `fast`, and no number.",
        breaks=(ADD_UP,),
        traffic=loading.timed(lambda number: ("fast", _A_LOAD) if number == 1 else None),
    ),
    _loads(
        name="load-time-in-every-answer",
        sentence="X-Model-Load-Time and its details stand in every answer, whether a model was loaded or not.",
        breaks=(LOAD_ONCE,),
        traffic=loading.timed(lambda number: ("0.5", _A_LOAD)),
    ),
    _loads(
        name="load-details-when-warm",
        sentence="The details of a load stand in the answers that follow it, and its time does not.",
        breaks=(LOAD_ONCE,),
        traffic=loading.timed(lambda number: (None, _A_LOAD) if number > 1 else None),
    ),
    _anywhere(
        name="time-not-a-number",
        sentence="The time in an answer is NaN, which JSON does not have.",
        breaks=(JSON,),
        response=change_field("/time", lambda _: float("nan")),
    ),
    _anywhere(
        name="time-without-end",
        sentence="The time in an answer is Infinity, which JSON does not have.",
        breaks=(JSON,),
        response=change_field("/time", lambda _: float("inf")),
    ),
    _anywhere(
        name="first-member-twice",
        sentence="The first member of an answer comes twice.",
        breaks=(ONCE,),
        response=answers.only_if(answers.is_json, answers.rewrite(rb'^\{("[a-z_]+": ?)', rb"{\1null,\1")),
    ),
    _anywhere(
        name="confidence-twice",
        sentence="Each confidence in an answer comes twice, first as 1 and then as it is.",
        breaks=(ONCE,),
        response=answers.only_if(answers.is_json, answers.rewrite(rb'("confidence": ?)', rb"\g<1>1,\1")),
    ),
    _anywhere(
        name="refusal-not-a-number",
        sentence="A refusal that says it is JSON holds NaN.",
        breaks=(BAD_IMAGE,),
        response=credentials.unreadable_refusal,
    ),
)

_SERVICE = tuple(
    Fault(
        name=f"{name}-asks-for-a-key",
        sentence=f"The route {path} is answered 401 without a key.",
        operations=(f"service.{name}",),
        breaks=(OPEN_ROUTES,),
        response=only_if(both(succeeded, credentials.keyless), _NO_KEY),
    )
    for name, path in (("info", "/info"), ("registry", "/model/registry"), ("readiness", "/readiness"))
)

FAULTS: tuple[Fault, ...] = (*_DELIVERY, *_ORIENTATION, *_SPEECH, *_SERVICE)
