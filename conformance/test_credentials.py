"""The key: where it is asked for, where it may stand, what is refused without it, and that nobody repeats it."""

from __future__ import annotations

from collections.abc import Iterator

from assay.contract import load
from assay.contract.citing import credentials, refusal
from assay.contract.message import Request
from assay.contract.rule import Case, over, rule
from assay.judge import verify_service
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import Driver, expect_success
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

OPERATIONS = load().operations
HOSTED = [name for name, each in OPERATIONS.items() if each.path == "/{dataset}/{version}"]
OTHERS = [name for name in OPERATIONS if name not in HOSTED]
NO_KEY = Credentials()
WRONG_KEY = "assay-sends-this-as-a-wrong-key"
"""No key of anybody's, and like none: a service that counts wrong keys counts this one against nobody."""
WRONG = Credentials(WRONG_KEY)
BREAKS_DOWN = 500
"""What a server answers that misses the key and does not expect to: no proof of a demand, but never sound."""


def _needs_key(asked: Driver, proof: tuple[int, ...] = KEY_REFUSED) -> None:
    """Raise NoWitness where the target was asked with no key, or does not refuse a request for having none."""
    if asked.target.policy.key is None:
        raise NoWitness("the target answers, and no key was given to ask it with")
    status = response_of(asked.once(asked.plain_request(), NO_KEY)).status
    if status == 200:
        raise NoWitness("the target answers without a key, so that a key makes no difference to see")
    if status not in proof:
        raise NoWitness(f"without a key the target answers {status}, which does not say that it asks for one")


@rule(
    "service.demands-a-key",
    requirement="Where a key is asked for, a request without one is refused with 401 or 403, and told why in JSON.",
    source="sound",
    severity="should",
    invariants=("G-20",),
    cases=over(OPERATIONS),
)
def test_a_request_without_a_key_is_refused(asked: Driver) -> None:
    _needs_key(asked, (*KEY_REFUSED, BREAKS_DOWN))

    exchange = asked.once(asked.plain_request(), NO_KEY)

    asked.note("with the key the same request is answered")
    verify_service.refused_for_its_key(exchange, "a request without a key")


def _places() -> Iterator[Case]:
    for name, operation in OPERATIONS.items():
        places = [KeyPlace.QUERY, KeyPlace.HEADER, KeyPlace.BODY]
        yield from over(name, place=map(str, places if operation.shape == "json-body" else places[:2]))


@rule(
    "service.key-in-each-place",
    requirement="The key opens the same from the query, from a bearer header and from a JSON body.",
    says=credentials("key-in-header"),
    source="document",
    severity="must",
    invariants=("G-22",),
    compares=True,
    cases=_places(),
)
def test_the_key_is_read_in_each_place(asked: Driver, check_in_progress: Check, case: Case) -> None:
    _needs_key(asked)
    place = KeyPlace(case["place"])
    if place is KeyPlace.HEADER and any(name.lower() == "authorization" for name, _ in asked.target.policy.headers):
        raise NoWitness("the header Authorization holds what the user put there")
    request = asked.plain_request()

    exchange = asked.once(request, Credentials(asked.target.policy.key, place))

    asked.note("without a key the same request is refused")
    as_documented = expect_success(check_in_progress.smoke.exchanges[case.operation])
    why = f"with the key in the {place}"
    verify_service.same_answer(exchange, as_documented, asked.comparison(request), why)


def _wrong_key_refused(asked: Driver, check: Check) -> None:
    """The wrong key is refused, unless this target judges no keys at all."""
    what = "a key that is not valid"
    exchange = asked.once(asked.plain_request(), WRONG)
    if response_of(exchange).status == 200:
        elsewhere = _refusal(check)
        if elsewhere is None:
            raise NoWitness("the target refuses the wrong key nowhere: it asks for none")
        what += f", which another request of the run was refused for (status {elsewhere}),"
    asked.note(f"the key {WRONG_KEY!r}")
    verify_service.refused_for_its_key(exchange, what)


def _refusal(check: Check) -> int | None:
    """The status by which the wrong key is refused where no model is in memory that answers anyway; None if it is not.

    A server of one's own may judge a key only when it has to fetch a model, so a model is asked for that nobody has.
    """
    for operation in HOSTED:
        if check.capabilities[operation].available:
            driver = check.deployment.driver(operation)
            request = driver.request_to_unknown_model()
            assert request is not None
            status = response_of(driver.once(request, WRONG)).status
            return status if status in KEY_REFUSED else None
    return None


@rule(
    "hosted.key.wrong-is-refused",
    requirement="A key that is not valid opens no model: the request is refused with 401 or 403.",
    says=refusal("wrong-key"),
    source="document",
    severity="must",
    invariants=("G-21",),
    late=1,
    cases=over(HOSTED),
)
def test_a_wrong_key_opens_no_model(asked: Driver, check_in_progress: Check) -> None:
    _wrong_key_refused(asked, check_in_progress)


@rule(
    "service.refuses-wrong-key",
    requirement="Where keys are judged at all, one that is not valid is refused by every route, with 401 or 403.",
    source="sound",
    severity="should",
    invariants=("G-21",),
    late=1,
    cases=over(OTHERS),
)
def test_a_wrong_key_is_refused_by_every_route(asked: Driver, check_in_progress: Check) -> None:
    _wrong_key_refused(asked, check_in_progress)


@rule(
    "hosted.key.refusal-as-documented",
    requirement="A wrong key is refused with status 403 and a JSON object that holds Message, as the page prints it.",
    says=refusal("wrong-key"),
    source="document",
    severity="must",
    invariants=("G-21",),
    late=1,
    cases=over(HOSTED, part=["status", "body"]),
)
def test_a_wrong_key_is_refused_as_the_page_prints_it(asked: Driver, case: Case) -> None:
    exchanges = (asked.once(request, WRONG) for request in _requests(asked))
    refused = (each for each in exchanges if response_of(each).status in KEY_REFUSED)
    exchange = next(refused, None)
    if exchange is None:
        raise NoWitness("the target refuses the wrong key for no model")

    asked.note(f"the key {WRONG_KEY!r} was refused")
    if case["part"] == "status":
        verify_service.status_is(exchange, 403, "a wrong key")
    else:
        verify_service.has_member(exchange, "Message", "a wrong key")


def _requests(asked: Driver) -> Iterator[Request]:
    """The plain request; then, for a server that answers for a model in memory whatever the key, another model."""
    yield asked.plain_request()
    unknown = asked.request_to_unknown_model()
    if unknown is not None:
        yield unknown


@rule(
    "service.tells-no-key",
    requirement="No answer repeats the key that came with its request, neither in a header nor in the body.",
    source="sound",
    severity="must",
    invariants=("G-21", "G-26"),
    late=2,
    cases=over(OPERATIONS, told=["answers", "refusals"]),
)
def test_no_answer_tells_the_key(asked: Driver, check_in_progress: Check, case: Case) -> None:
    if asked.target.policy.key is None:
        raise NoWitness("no key was sent")
    if case["told"] == "refusals":
        for place in (KeyPlace.QUERY, KeyPlace.HEADER, KeyPlace.BODY):
            asked.once(asked.spoilt_request(), Credentials(asked.target.policy.key, place))
    asked.target.refer(check_in_progress.smoke.exchanges[case.operation])
    heard = check_in_progress.overheard.of(case.operation)
    if check_in_progress.overheard.ordinary:
        raise NoWitness("the key is a word that the target says of itself, too: it cannot be told from one")
    if not heard.with_key[case["told"]]:
        raise NoWitness(f"there were no {case['told']} to requests with the key")

    asked.note(f"{heard.with_key[case['told']]} {case['told']} to requests with the key")
    verify_service.nothing_found(heard.telling_key[case["told"]])


@rule(
    "service.tells-no-internals",
    requirement="A refusal shows no stack trace, no line of code and no path of the server's disk.",
    source="sound",
    severity="should",
    invariants=("G-26",),
    late=2,
    cases=over(OPERATIONS),
)
def test_no_refusal_shows_the_servers_insides(asked: Driver, check_in_progress: Check, case: Case) -> None:
    for spoilt in (asked.spoilt_request(), asked.with_picture("!!!")):
        asked.once(spoilt)
    heard = check_in_progress.overheard.of(case.operation)
    if not heard.refusals:
        raise NoWitness("the target refused nothing")

    asked.note(f"{heard.refusals} refusals")
    verify_service.nothing_found(heard.telling_internals)
