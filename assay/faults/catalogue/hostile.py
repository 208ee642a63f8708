"""Faults of a server that is too good-natured: it stumbles over hostile input, or does what that says."""

from __future__ import annotations

from functools import partial

from assay.faults.model import ALL_OPERATIONS, HOSTED, OBJECT_DETECTION, OWLV2, SAM2, SEGMENT, Fault
from assay.faults.operators import answers, hostile
from assay.faults.operators.answers import INTERNAL_ERROR, UNHANDLED_ERROR, only_if
from assay.faults.operators.fields import change_field

SURVIVES = "service.survives-hostile-input"
IN_HAND = "service.takes-hostile-input-in-hand"
NO_PICKLE = "service.runs-no-pickle"
NO_FILE = "service.reads-no-file-of-its-own"
NO_DISGUISE = "service.fetches-no-address-in-disguise"

_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_detection = partial(Fault, operations=(OBJECT_DETECTION,))
_segment = partial(Fault, operations=(SEGMENT,))
_NO_FILE = answers.replace_answer(400, b'{"message":"There is no such file."}')

FAULTS: tuple[Fault, ...] = (
    _detection(
        name="bad-picture-spoils-what-follows",
        sentence="After a picture that cannot be decoded, nothing is found in any other.",
        breaks=(SURVIVES,),
        traffic=hostile.spoilt_by(answers.picture_refused, change_field("/predictions", lambda _: [])),
    ),
    _segment(
        name="many-digits-bring-it-down",
        sentence="After a number of a thousand digits every request is answered 500.",
        breaks=(SURVIVES,),
        traffic=hostile.spoilt_by(hostile.many_digits, UNHANDLED_ERROR),
    ),
    _detection(
        name="large-pictures-crash",
        sentence="A picture that states two million pixels is answered 500.",
        breaks=(IN_HAND,),
        response=only_if(hostile.stating_pixels(2_000_000), INTERNAL_ERROR),
    ),
    _segment(
        name="deep-json-crashes",
        sentence="JSON that is nested deeply is answered 500.",
        breaks=(IN_HAND,),
        response=only_if(hostile.brackets(1_000), UNHANDLED_ERROR),
    ),
    Fault(
        name="pickles-run",
        sentence="What is said to be a pickled array is unpickled, and refused only then.",
        operations=(*HOSTED, *SAM2),
        breaks=(NO_PICKLE,),
        traffic=hostile.run_pickles(hostile.named_a_pickle),
    ),
    _segment(
        name="pickles-told-by-their-bytes",
        sentence="A pickle is told by its bytes and unpickled, whatever it is said to be.",
        breaks=(NO_PICKLE,),
        traffic=hostile.run_pickles(hostile.anything),
    ),
    Fault(
        name="files-read-for-anybody",
        sentence="A picture of type file is read from the server's own disk.",
        operations=(SEGMENT, OWLV2),
        breaks=(NO_FILE,),
        request=hostile.read_file,
    ),
    _segment(
        name="missing-files-told",
        sentence="Who names a path in a picture's place is told when there is no such file.",
        breaks=(NO_FILE,),
        response=only_if(hostile.missing_file, _NO_FILE),
    ),
    _anywhere(
        name="forbidden-address-fetched-by-name",
        sentence="Pictures at a bare address are forbidden, and fetched all the same where the host is a word.",
        breaks=(NO_DISGUISE,),
        traffic=hostile.refuse_addresses(but=hostile.by_name),
    ),
    _anywhere(
        name="forbidden-address-fetched-with-user",
        sentence="Pictures at a bare address are forbidden, and fetched where a user stands before the host.",
        breaks=(NO_DISGUISE,),
        traffic=hostile.refuse_addresses(but=hostile.with_user),
    ),
)
