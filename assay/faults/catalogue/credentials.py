"""Faults in how keys are judged, where they are read, and where they and the server's insides come out again."""

from __future__ import annotations

from functools import partial

from assay.faults.model import ALL_OPERATIONS, FLORENCE, HOSTED, INFER, SEGMENT, Fault
from assay.faults.operators import answers, credentials
from assay.faults.operators.answers import INTERNAL_ERROR, only_if
from assay.faults.operators.fields import rename_field
from assay.faults.operators.parameters import drop_parameter

DEMANDED = "service.demands-a-key"
AROUND = "service.no-way-around-the-key"
EACH_PLACE = "service.key-in-each-place"
WRONG_HOSTED = "hosted.key.wrong-is-refused"
WRONG_ELSEWHERE = "service.refuses-wrong-key"
AS_PRINTED = "hosted.key.refusal-as-documented"
EVERY_WAY = "service.asks-for-the-key-on-every-way"
NOTHING = "service.takes-nothing-for-a-key"
TOLD_KEY = "service.tells-no-key"
TOLD_INTERNALS = "service.tells-no-internals"

_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_hosted = partial(Fault, operations=HOSTED)
_segment = partial(Fault, operations=(SEGMENT,))
_by_task = partial(Fault, operations=INFER)
_PAGE = answers.replace_answer(403, b"<!DOCTYPE html><title>Forbidden</title>", "text/html")
_NOT_FOUND = answers.replace_answer(404, b'{"message":"Not found."}')
_TRACE = (
    'Traceback (most recent call last):\n  File "/app/inference/core/managers/base.py", line 212, in infer\n'
    "    raise ValueError(picture)\nValueError"
)

_KEYS = (
    _anywhere(
        name="missing-key-crashes",
        sentence="A request without a key is answered 500 and not refused.",
        breaks=(DEMANDED,),
        response=only_if(credentials.without_key, INTERNAL_ERROR),
    ),
    _anywhere(
        name="missing-key-error-page",
        sentence="A request without a key is refused with a page for browsers.",
        breaks=(DEMANDED,),
        response=only_if(credentials.without_key, _PAGE),
    ),
    _anywhere(
        name="header-key-ignored",
        sentence="A key in the Authorization header is not read.",
        breaks=(EACH_PLACE,),
        request=credentials.drop_header("authorization"),
    ),
    _segment(
        name="query-key-ignored",
        sentence="A key in the query of a JSON route is not read.",
        breaks=(EACH_PLACE,),
        request=drop_parameter("api_key"),
    ),
    _hosted(
        name="warm-model-opens-to-any-key",
        sentence="A model that was asked once with a good key answers any other.",
        breaks=(WRONG_HOSTED,),
        traffic=credentials.opens_to(credentials.wrong_key),
    ),
    _hosted(
        name="wrong-key-not-found",
        sentence="A wrong key is answered 404, as if there were no such model.",
        breaks=(WRONG_HOSTED,),
        response=only_if(credentials.wrong_key, _NOT_FOUND),
    ),
    _segment(
        name="warm-route-opens-to-any-key",
        sentence="A route that was asked once with a good key answers any other.",
        breaks=(WRONG_ELSEWHERE,),
        traffic=credentials.opens_to(credentials.wrong_key),
    ),
    _segment(
        name="wrong-key-crashes",
        sentence="A wrong key is answered 500.",
        breaks=(WRONG_ELSEWHERE,),
        response=only_if(credentials.wrong_key, INTERNAL_ERROR),
    ),
    _hosted(
        name="any-bearer-opens-a-model",
        sentence="Whatever stands behind Bearer opens a model; in the query only a good key does.",
        breaks=(WRONG_HOSTED,),
        traffic=credentials.opens_to(credentials.wrong_bearer),
    ),
    _anywhere(
        name="any-bearer-opens",
        sentence="Whatever stands behind Bearer opens every route; elsewhere only a good key does.",
        breaks=(WRONG_ELSEWHERE, WRONG_HOSTED),
        traffic=credentials.opens_to(credentials.wrong_bearer),
    ),
    _segment(
        name="segmentation-opens-without-a-key",
        sentence="A segmentation needs no key, though the embedding by the same model does.",
        breaks=(AROUND,),
        traffic=credentials.opens_to(credentials.without_key),
    ),
    _by_task(
        name="task-routes-open-without-a-key",
        sentence="The routes that name the task need no key, though the hosted route to the same models does.",
        breaks=(AROUND,),
        traffic=credentials.opens_to(credentials.without_key),
    ),
    _hosted(
        name="wrong-key-refused-with-401",
        sentence="A wrong key is refused with 401, where the page prints 403.",
        breaks=(AS_PRINTED,),
        response=only_if(credentials.wrong_key, lambda request, response: response.replace(status=401)),
    ),
    _hosted(
        name="refusal-in-lower-case",
        sentence="The reason why a key is refused stands under message, where the page prints Message.",
        breaks=(AS_PRINTED,),
        response=only_if(credentials.wrong_key, rename_field("/Message", "message")),
    ),
)

_WAYS = (
    _hosted(
        name="get-opens-without-a-key",
        sentence="A model that is asked by GET needs no key.",
        breaks=(EVERY_WAY,),
        traffic=credentials.opens_to(credentials.by_get),
    ),
    _hosted(
        name="any-key-opens-to-a-form",
        sentence="A model that is sent its picture in a form opens to any key, and to none.",
        breaks=(EVERY_WAY,),
        traffic=credentials.opens_to(credentials.by_form),
    ),
    _hosted(
        name="drawing-opens-without-a-key",
        sentence="A model that is asked for a drawing needs no key.",
        breaks=(EVERY_WAY,),
        traffic=credentials.opens_to(credentials.by_drawing),
    ),
    _by_task(
        name="list-of-pictures-opens-without-a-key",
        sentence="The routes that name the task need no key for several pictures at once.",
        breaks=(EVERY_WAY,),
        traffic=credentials.opens_to(credentials.by_list),
    ),
    Fault(
        name="model-in-path-opens-without-a-key",
        sentence="The route with the model in its path needs no key.",
        operations=(FLORENCE,),
        breaks=(EVERY_WAY,),
        traffic=credentials.opens_to(credentials.by_model_in_path),
    ),
    _segment(
        name="known-names-open-without-a-key",
        sentence="A picture that was asked for under a name once is segmented for everybody who names it.",
        breaks=(EVERY_WAY,),
        traffic=credentials.opens_to(credentials.by_name),
    ),
    _anywhere(
        name="blank-key-opens",
        sentence="Where a key should be and nothing is, none is asked for.",
        breaks=(NOTHING,),
        traffic=credentials.opens_to(credentials.blank),
    ),
    _anywhere(
        name="other-scheme-opens",
        sentence="Any other scheme than Bearer is believed.",
        breaks=(NOTHING,),
        traffic=credentials.opens_to(credentials.other_scheme),
    ),
)

_SECRETS = (
    _anywhere(
        name="wrong-key-told-in-header",
        sentence="A refused key is repeated in the header that says how to give one.",
        breaks=(TOLD_KEY,),
        response=only_if(credentials.wrong_key, credentials.tell_key_in_header),
    ),
    _anywhere(
        name="key-told-in-refusal",
        sentence="What a refusal says repeats the key that came with the request.",
        breaks=(TOLD_KEY,),
        response=credentials.tell_key_in_refusal,
    ),
    _anywhere(
        name="key-told-in-header",
        sentence="Every answer repeats the key that came with the request in a header.",
        breaks=(TOLD_KEY,),
        response=credentials.tell_key_in_header,
    ),
    _anywhere(
        name="stack-trace-in-refusal",
        sentence="A refusal shows the stack trace of what went wrong.",
        breaks=(TOLD_INTERNALS,),
        response=credentials.say(_TRACE),
    ),
    _anywhere(
        name="path-in-refusal",
        sentence="A refusal names a file of the server's disk.",
        breaks=(TOLD_INTERNALS,),
        response=credentials.say("cannot read /var/lib/models/weights.onnx"),
    ),
    _anywhere(
        name="folder-in-refusal",
        sentence="A refusal names a folder that was mounted into the server's container.",
        breaks=(TOLD_INTERNALS,),
        response=credentials.say("[Errno 2] No such file or directory: '/workspace/models'"),
    ),
    _anywhere(
        name="windows-path-in-refusal",
        sentence="A refusal names a file of the server's disk as Windows spells it.",
        breaks=(TOLD_INTERNALS,),
        response=credentials.say(r"cannot read C:\inference\models\weights.pt"),
    ),
    _anywhere(
        name="file-in-refusal",
        sentence="A refusal quotes a file of the server's own that has nothing to do with the request.",
        breaks=(TOLD_INTERNALS,),
        response=credentials.say("cannot decode root:x:0:0:root:/root:/bin/sh"),
    ),
)

FAULTS: tuple[Fault, ...] = (*_KEYS, *_WAYS, *_SECRETS)
