"""The key: where it is asked for, where it may stand, what is refused without it, and that nobody repeats it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from assay.contract import load
from assay.contract.citing import credentials, refusal
from assay.contract.message import Request
from assay.contract.rule import Case, over, rule
from assay.judge import verify_service
from assay.judge.answers import response_of
from assay.judge.overheard import telling
from assay.judge.verdicts import NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import Driver, expect_success
from assay.plugin.drivers.keyed import asked_with_a_key, free_for_a_key, needs_key, stays_shut
from assay.plugin.drivers.wrong import NO_KEY, WRONG_KEY
from assay.target.busy import BREAKS_DOWN
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

OPERATIONS = load().operations
HOSTED = [name for name, each in OPERATIONS.items() if each.path == "/{dataset}/{version}"]
OTHERS = [name for name in OPERATIONS if name not in HOSTED]
BY_TASK = [name for name in OPERATIONS if name.startswith("infer.")]
"""The JSON routes that name the task: no document speaks of their keys, and the open-source server's own description
of them has none in the query, where it reads none."""
DOCUMENTED = [name for name in OPERATIONS if name not in BY_TASK]
_TASKS = Counter(each.task for each in OPERATIONS.values())
WITH_SIBLINGS = [name for name, each in OPERATIONS.items() if _TASKS[each.task] > 1]
"""Operations whose models can be asked by another route, too."""


def _tell_of_a_public_model(asked: Driver, check: Check) -> None:
    """Raise NoWitness where this model needs no key and another does: a model may be public, or have been left open."""
    asked_with_a_key(asked)
    if response_of(asked.once(asked.plain_request(), NO_KEY)).status != 200:
        return
    others = (check.deployment.driver(name) for name, each in check.knows.capabilities.items() if each.available)
    shut = [each.operation.id for each in others if _refuses_once(each)]
    if shut:
        raise NoWitness(
            f"the target answers without a key here, though not at {', '.join(shut)}: "
            "whether this model is meant to be public, only its owner knows"
        )


def _refuses_once(asked: Driver) -> bool:
    return response_of(asked.once(asked.plain_request(), NO_KEY)).status in KEY_REFUSED


@rule(
    "service.demands-a-key",
    requirement="Where a key is asked for, a request without one is refused with 401 or 403, and told why in JSON.",
    source="sound",
    severity="should",
    invariants=("G-20",),
    cases=over(OPERATIONS),
)
def test_a_request_without_a_key_is_refused(asked: Driver, check_in_progress: Check) -> None:
    _tell_of_a_public_model(asked, check_in_progress)
    needs_key(asked, (*KEY_REFUSED, BREAKS_DOWN))

    exchange = asked.once(asked.plain_request(), NO_KEY)

    asked.note("with the key the same request is answered")
    verify_service.refused_for_its_key(exchange, "a request without a key")


def _places(operations: Iterable[str], leaving_out: Iterable[KeyPlace] = ()) -> Iterator[Case]:
    for name in operations:
        places = [KeyPlace.QUERY, KeyPlace.HEADER, KeyPlace.BODY]
        possible = places if OPERATIONS[name].shape == "json-body" else places[:2]
        yield from over(name, place=[str(place) for place in possible if place not in {*leaving_out}])


@rule(
    "service.key-in-each-place",
    requirement="The key opens the same from the query, from a bearer header and from a JSON body.",
    says=credentials("key-in-header"),
    source="document",
    severity="must",
    invariants=("G-22",),
    compares=True,
    cases=(*_places(DOCUMENTED), *_places(BY_TASK, leaving_out=[KeyPlace.QUERY])),
)
def test_the_key_is_read_in_each_place(asked: Driver, check_in_progress: Check, case: Case) -> None:
    needs_key(asked)
    place = KeyPlace(case["place"])
    free_for_a_key(asked, place)
    request = asked.plain_request()

    exchange = asked.once(request, Credentials(asked.target.policy.key, place))

    asked.note("without a key the same request is refused")
    as_documented = expect_success(check_in_progress.knows.smoke.exchanges[case.operation])
    why = f"with the key in the {place}"
    verify_service.same_answer(exchange, as_documented, asked.comparison(request), why)


@rule(
    "service.no-way-around-the-key",
    requirement="A model that one route opens with a key only is opened without one by no other route.",
    source="sound",
    severity="must",
    invariants=("G-20",),
    late=1,
    cases=over(WITH_SIBLINGS),
)
def test_no_route_leads_around_the_key(asked: Driver, check_in_progress: Check) -> None:
    asked_with_a_key(asked)
    siblings = _siblings(asked, check_in_progress)

    exchange = asked.send(asked.plain_request(), NO_KEY)

    status = response_of(exchange).status
    if status not in (200, *KEY_REFUSED):
        raise NoWitness(f"without a key the target answers {status}, which does not say that it asks for one")
    shut = next((each for each in siblings if stays_shut(each)), None) if status == 200 else None
    if status == 200 and (shut is None or stays_shut(asked, times=1)):
        raise NoWitness("each route to this model answers without a key, or does so now and then")
    asked.note(f"without a key status {status}, with it an answer")
    verify_service.shut_as_elsewhere(exchange, shut.operation if shut else asked.operation)


def _siblings(asked: Driver, check: Check) -> list[Driver]:
    """The other routes to the same model that the target offers. Raises NoWitness where there is none."""
    same = [each.id for each in OPERATIONS.values() if each.task == asked.operation.task and each != asked.operation]
    offered = [check.deployment.driver(name) for name in same if check.knows.capabilities[name].available]
    if not offered:
        raise NoWitness("the target offers no other route to this model")
    return offered


def _wrong_key_refused(asked: Driver, check: Check, place: KeyPlace) -> None:
    """The wrong key is refused in this place, unless it is not seen that this route judges keys there."""
    free_for_a_key(asked, place)
    what = f"a key in the {place} that is not valid"
    exchange = asked.once(asked.plain_request(), Credentials(WRONG_KEY, place))
    if response_of(exchange).status == 200:
        what += _judged(asked, check, place)
    asked.note(f"the key {WRONG_KEY!r} in the {place}")
    verify_service.refused_for_its_key(exchange, what)


def _judged(asked: Driver, check: Check, place: KeyPlace) -> str:
    """How it is seen that a key in this place is judged, in words. Raises NoWitness where it is not seen."""
    without = response_of(asked.send(asked.plain_request(), NO_KEY)).status
    if without in KEY_REFUSED:
        return f", where a request without one is refused (status {without}),"
    elsewhere = _refusal(asked, check, place)
    if elsewhere is None:
        raise NoWitness(f"for a wrong key in the {place} no request is refused that is not for a good one, too")
    return f", which another request of the run was refused for (status {elsewhere}),"


def _refusal(asked: Driver, check: Check, place: KeyPlace) -> int | None:
    """The status by which a wrong key in this place is refused, and a good one not, for a model that nobody has.

    A server of one's own may judge a key only when it has to fetch a model. None where none is refused for its key.
    Where the operation cannot tell, another route does for the place in which the document shows the key.
    """
    documented = KeyPlace.BODY if asked.operation.shape == "json-body" else KeyPlace.QUERY
    alike = OTHERS if place is documented is KeyPlace.BODY else HOSTED if place is documented else []
    others = (check.deployment.driver(name) for name in alike if check.knows.capabilities[name].available)
    told = (_to_an_unknown_model(each, place) for each in (asked, *others))
    wrong, good = next((pair for pair in told if pair and max(pair) < BREAKS_DOWN), (0, 0))
    return wrong if wrong in KEY_REFUSED and wrong != good else None


def _to_an_unknown_model(asked: Driver, place: KeyPlace) -> tuple[int, int] | None:
    """The statuses that a wrong and a good key get for a model that nobody has; None where a request names none."""
    request = asked.request_to_unknown_model()
    if request is None:
        return None
    wrong, good = (asked.once(request, Credentials(key, place)) for key in (WRONG_KEY, asked.target.policy.key))
    return response_of(wrong).status, response_of(good).status


@rule(
    "hosted.key.wrong-is-refused",
    requirement="A key that is not valid opens no model: the request is refused with 401 or 403.",
    says=refusal("wrong-key"),
    source="document",
    severity="must",
    invariants=("G-21",),
    late=1,
    cases=_places(HOSTED),
)
def test_a_wrong_key_opens_no_model(asked: Driver, check_in_progress: Check, case: Case) -> None:
    _wrong_key_refused(asked, check_in_progress, KeyPlace(case["place"]))


@rule(
    "service.refuses-wrong-key",
    requirement="Where keys are judged at all, one that is not valid is refused by every route, with 401 or 403.",
    source="sound",
    severity="should",
    invariants=("G-21",),
    late=1,
    cases=_places(OTHERS),
)
def test_a_wrong_key_is_refused_by_every_route(asked: Driver, check_in_progress: Check, case: Case) -> None:
    _wrong_key_refused(asked, check_in_progress, KeyPlace(case["place"]))


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
    wrong = Credentials(WRONG_KEY, KeyPlace.QUERY)
    exchanges = (asked.once(request, wrong) for request in _requests(asked))
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
    cases=over(OPERATIONS, told=["answers", "refusals", "refusals-of-a-wrong-key"]),
)
def test_no_answer_tells_the_key(asked: Driver, check_in_progress: Check, case: Case) -> None:
    if case["told"] == "refusals-of-a-wrong-key":
        _tells_no_wrong_key(asked)
        return
    if asked.target.policy.key is None:
        raise NoWitness("no key was sent")
    if case["told"] == "refusals":
        for place in (KeyPlace.QUERY, KeyPlace.HEADER, KeyPlace.BODY):
            asked.once(asked.spoilt_request(), Credentials(asked.target.policy.key, place))
    asked.target.refer(check_in_progress.knows.smoke.exchanges[case.operation])
    heard = check_in_progress.overheard.of(case.operation)
    if check_in_progress.overheard.ordinary:
        raise NoWitness("the key is a word that the target says of itself, too: it cannot be told from one")
    if not heard.with_key[case["told"]]:
        raise NoWitness(f"there were no {case['told']} to requests with the key")

    asked.note(f"{heard.with_key[case['told']]} {case['told']} to requests with the key")
    verify_service.nothing_found(heard.telling_key[case["told"]])


def _tells_no_wrong_key(asked: Driver) -> None:
    """A wrong key may be somebody's own that was mistyped, or is good elsewhere."""
    places = [place for place in (KeyPlace.QUERY, KeyPlace.HEADER, KeyPlace.BODY) if _can_hold_a_key(asked, place)]
    exchanges = [asked.once(asked.plain_request(), Credentials(WRONG_KEY, place)) for place in places]
    refused = [each for each in exchanges if response_of(each).status in KEY_REFUSED]
    if not refused:
        raise NoWitness("the target refuses the wrong key in no place")
    asked.note(f"{len(refused)} refusals of the key {WRONG_KEY!r}")
    verify_service.nothing_found([found for each in refused if (found := telling(each, WRONG_KEY))])


def _can_hold_a_key(asked: Driver, place: KeyPlace) -> bool:
    if place is KeyPlace.HEADER:
        return not any(name.lower() == "authorization" for name, _ in asked.target.policy.headers)
    return place is KeyPlace.QUERY or asked.operation.shape == "json-body"


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
