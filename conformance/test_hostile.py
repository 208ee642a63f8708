"""What nobody sends who means well: sent with --allow-hostile only, and no more once the target is in trouble.

A refusal is as good as an answer here: what the documents do not forbid may be answered. What may not be is that the
service stops, hangs, or answers others otherwise from then on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from assay.contract import delivery, load
from assay.contract.citing import refusal
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.generate.hostile import Hostile, knocking_pickle, themes
from assay.judge import verify_hostile
from assay.judge.verdicts import NotOffered, NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import Driver
from assay.plugin.fetching import FORBIDS
from assay.plugin.ordeals import sent
from assay.target.assets import LOOPBACK, Assets

OPERATIONS = load().operations
IN_OBJECTS = [name for name, each in OPERATIONS.items() if each.shape == "json-body" and delivery.takes_pictures(each)]
PICTURED = [name for name, each in OPERATIONS.items() if delivery.takes_pictures(each)]
ORDEAL = Cost(own=44, shared="ordeal")
"""22 requests of a theme at most, each followed by a good one."""


def _cases() -> Iterator[Case]:
    for operation in OPERATIONS.values():
        yield from over(operation.id, hostile=themes(operation))


@rule(
    "service.survives-hostile-input",
    requirement="After hostile input the service answers as before: it does not stop, hang, or answer otherwise.",
    source="sound",
    severity="must",
    cases=_cases(),
    late=1,
    hostile=True,
    cost=ORDEAL,
)
def test_the_service_survives_hostile_input(asked: Driver, check_in_progress: Check, case: Case) -> None:
    ordeal = check_in_progress.deployment.ordeals.of(asked, case["hostile"])

    verify_hostile.no_harm(ordeal.harm)


@rule(
    "service.takes-hostile-input-in-hand",
    requirement="Hostile input is answered or refused; it is no reason for a server error, nor for no answer at all.",
    source="sound",
    severity="should",
    invariants=("G-15", "G-16", "G-19"),
    cases=_cases(),
    late=1,
    hostile=True,
    cost=ORDEAL,
)
def test_hostile_input_is_no_server_error(asked: Driver, check_in_progress: Check, case: Case) -> None:
    ordeal = check_in_progress.deployment.ordeals.of(asked, case["hostile"])

    verify_hostile.no_server_errors(ordeal.suffered)


@rule(
    "service.runs-no-pickle",
    requirement="A pickle that is sent as a picture is not unpickled: it would run whatever a stranger wrote into it.",
    says=refusal("pickled-picture"),
    source="document",
    severity="must",
    invariants=("G-18",),
    cases=over(PICTURED, declared=["numpy", "base64"]),
    late=1,
    hostile=True,
    cost=Cost(own=4),
)
def test_a_pickle_is_not_run(asked: Driver, check_in_progress: Check, case: Case) -> None:
    assets = _assets(asked)
    url = assets.publish(b"nobody asks for this but who runs a pickle: " + case.id.encode())

    exchange = sent(asked, Hostile("a pickle", _pickled(asked, knocking_pickle(url), case["declared"])))

    asked.note("a pickle that fetches an address of Assay's own where it is run, and does nothing else")
    verify_hostile.not_fetched(assets.fetches(url), exchange, f"a pickle declared as {case['declared']}")
    verify_hostile.no_harm(check_in_progress.deployment.ordeals.harm(asked, "a pickle"))


def _assets(asked: Driver) -> Assets:
    """What Assay serves and the target could fetch. Raises NotOffered where nothing is served to it."""
    if asked.target.assets is None:
        raise NotOffered(asked.target.no_url)
    return asked.target.assets


def _pickled(asked: Driver, text: str, declared: str) -> Request:
    request = asked.plain_request()
    if declared == "base64":
        return delivery.by_base64(asked.operation, request, text)
    if asked.operation.shape == "json-body":
        return delivery.with_image(asked.operation, request, declared, text)
    return request.replace(body=text.encode()).with_query(image_type=declared)


PRESENT, ABSENT = "/etc/passwd", "/etc/assay-has-no-such-file"


@rule(
    "service.reads-no-file-of-its-own",
    requirement="Who names a path gets neither a picture on the server's disk nor word whether a file is there.",
    source="sound",
    severity="should",
    invariants=("G-26",),
    cases=over(IN_OBJECTS),
    late=1,
    hostile=True,
    cost=Cost(own=6),
)
def test_no_file_of_the_servers_own_is_read(asked: Driver, check_in_progress: Check) -> None:
    if asked.target.policy.loopback:
        _no_picture_is_read(asked)
    there, missing = (
        sent(
            asked,
            Hostile(f"the path {path}", delivery.with_image(asked.operation, asked.plain_request(), "file", path)),
        )
        for path in (PRESENT, ABSENT)
    )

    asked.note(f"{PRESENT} as a picture of type file, beside a path at which nothing is")
    verify_hostile.not_told_apart(there, missing, PRESENT, ABSENT)
    verify_hostile.no_harm(check_in_progress.deployment.ordeals.harm(asked, "a path"))


def _no_picture_is_read(asked: Driver) -> None:
    """A server on this machine is shown a picture in a folder that anybody may read, for as long as it is asked."""
    with tempfile.TemporaryDirectory(prefix="assay-picture-") as folder:
        Path(folder).chmod(0o755)
        picture = Path(folder) / "picture.jpg"
        picture.write_bytes(delivery.picture_of(asked.operation, asked.plain_request()))
        request = delivery.with_image(asked.operation, asked.plain_request(), "file", str(picture))
        exchange = sent(asked, Hostile("the path of a picture", request))
    asked.note("a picture in a folder of this machine, as a picture of type file")
    verify_hostile.not_read(exchange)


DISGUISES = ("localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "assay@127.0.0.1")


@rule(
    "service.fetches-no-address-in-disguise",
    requirement="An address that the service refuses to fetch is not fetched when it is only spelled otherwise.",
    source="sound",
    severity="should",
    invariants=("G-17",),
    cases=over(PICTURED),
    late=1,
    hostile=True,
    cost=Cost(own=len(DISGUISES) + 3),
)
def test_no_address_is_fetched_in_disguise(asked: Driver, check_in_progress: Check, case: Case) -> None:
    assets = _assets(asked)
    if not asked.target.no_url.startswith(FORBIDS):
        raise NotOffered("the target fetches pictures from plain addresses, as it was set up to")
    plain, own = asked.plain_request(), f"//{LOOPBACK}:"
    if own not in assets.base_url:
        raise NoWitness(f"what Assay serves is served at {assets.base_url}, which has no other spelling")

    for disguise in DISGUISES:
        picture = delivery.picture_of(asked.operation, plain)
        url = assets.publish(picture + f"{case.id} {disguise}".encode())  # it was never fetched, nor is it remembered
        request = delivery.by_url(asked.operation, plain, url.replace(own, f"//{disguise}:"))
        exchange = sent(asked, Hostile(disguise, request))
        verify_hostile.not_fetched(assets.fetches(url), exchange, f"a refused host that is spelled {disguise}")
    asked.note(f"the target refuses {LOOPBACK}, and was asked for it as {', '.join(DISGUISES)}")
    verify_hostile.no_harm(check_in_progress.deployment.ordeals.harm(asked, "an address in disguise"))
