"""What drivers of operations share: sending, remembering what was answered, and telling what the witness was."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from assay.contract import delivery, wire
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context, Picture, example
from assay.judge import equal, verify, verify_apart, verify_service
from assay.judge.answers import answer, detection, response_of
from assay.judge.equal import Comparison
from assay.judge.verdicts import NotOffered, NoWitness, PrerequisiteBroken, RuleBroken
from assay.judge.verify_apart import Mark
from assay.photograph import OTHER_SIZES, Photograph
from assay.plugin.depth import STANDARD, Depth
from assay.plugin.drivers.burst import burst, require_overlap
from assay.record.model import Exchange, Finding
from assay.scene import Scene
from assay.target.assets import Assets
from assay.target.busy import NOT_READY, is_busy, is_not_ready, pause_after
from assay.target.client import Target
from assay.target.policy import Credentials

PLAIN_RULE = "service.answers-plain-requests"
VALID_RULE = "service.answers-valid-requests"
SHOWN = 3
NO_MODEL = "assay-knows-no-such-model"
NO_VERSION = "999999"
"""Versions are counted from 1."""
RESIZED = sum(map(len, OTHER_SIZES))
"""Pictures in other sizes, which are made of those."""
BUSY_TRIES, NOT_READY_TRIES = 5, 3
ALONE_AGAIN = 5
"""Times that a request is asked alone before its answer among others is called that of another."""
NOT_SERVED = (401, 402, 403, 404, 501, 507, *NOT_READY)
"""Statuses by which a target says that it does not have a model, not for this key, or not now."""
ENOUGH = 3
"""Requests that were repeated in vain: after them nothing is hoped for any more."""
TOGETHER, TOGETHER_ELSEWHERE = 12, 4
"""Requests in flight, on this machine and elsewhere."""


def together(target: Target) -> int:
    """How many requests a target may be asked at the same time."""
    return TOGETHER if target.policy.loopback else TOGETHER_ELSEWHERE


def expect_success(exchange: Exchange) -> Exchange:
    """The exchange, if it was answered 200. Raises PrerequisiteBroken otherwise: there is nothing to judge."""
    status = response_of(exchange).status
    if status != 200:
        finding = Finding("a valid request was not answered", expected=200, actual=status, exchange=exchange.id)
        raise PrerequisiteBroken(VALID_RULE, [finding])
    return exchange


def unless_refused(exchange: Exchange, what: str) -> Exchange:
    """The exchange, if it was not answered 4xx. Raises NoWitness otherwise: no document promises `what`."""
    status = response_of(exchange).status
    if 400 <= status < 500:
        raise NoWitness(f"the target refuses {what} (status {status}), and no document promises that it does not")
    return exchange


def pictures(scenes: Sequence[Scene]) -> tuple[Picture, ...]:
    """Scenes as the generator takes them."""
    return tuple(Picture(scene.png(), scene.width, scene.height) for scene in scenes)


@dataclass(frozen=True, slots=True)
class Alone:
    """A request with what it is answered alone: `same` raises RuleBroken where another answer to it differs.

    Without `credentials` it goes with those of the run. `picture` names what it is about, where that matters: no answer
    about one is ever that about another.
    """

    what: str
    request: Request
    same: Callable[[Exchange], None]
    credentials: Credentials | None = None
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Bare:
    """A request with its picture in bare base64, and its answer; `unseen` is why that tells no two pictures apart."""

    request: Request
    answer: Exchange
    unseen: str | None

    def require_witness(self) -> None:
        """Raise NoWitness where an answer to another picture would have passed as well: only a fault was to be seen."""
        if self.unseen is not None:
            raise NoWitness(self.unseen)


class Driver:
    """What drivers share. `notes` collects what made the current case meaningful, `depth` bounds what is shown.

    `photographs` are the user's own; only a driver whose rules need not know what is on a picture looks in them.
    """

    depth: Depth = STANDARD
    photographs: tuple[Photograph, ...] = ()

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        self.target = target
        self.operation = operation
        self.model = model
        self.notes: list[str] = []
        self._answered: dict[tuple[Request, Credentials | None], Exchange] = {}
        self._apart: list[Alone] | None = None
        self._stayed_away = 0

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order: as many as the depth shows."""
        return ()

    @property
    def own(self) -> tuple[Photograph, ...]:
        """The user's own pictures, as many as the depth shows."""
        return self.photographs[: self.depth.scenes]

    @property
    def places(self) -> str:
        """Where a witness was looked for, in words that follow "sees nothing in"."""
        if self.own:
            return "Assay's scenes and in your own pictures"
        return "Assay's scenes (--pictures FOLDER shows it your own)"

    def sees(self, scene: Scene) -> bool:
        """Whether a plain request about the scene is answered with something."""
        raise NotImplementedError

    @property
    def first(self) -> tuple[Scene, ...]:
        """The scenes that stand for all; with pictures of the user's, such as the model sees something in."""
        if not self.own:
            return self.scenes[:SHOWN]
        seeing = tuple(islice((scene for scene in self.scenes if self.sees(scene)), SHOWN))
        return (*seeing, *(scene for scene in self.scenes if scene not in seeing))[:SHOWN]

    @property
    def schema_rule(self) -> str:
        """The rule that holds this operation's answers to their schema."""
        return f"{self.operation.family}.answer.schema"

    def send(self, request: Request, credentials: Credentials | None = None) -> Exchange:
        """Send a request of this operation, as `patiently` does."""
        return self.patiently(lambda: self.target.send(request, credentials))

    def patiently(self, ask: Callable[[], Exchange]) -> Exchange:
        """Ask; again, and recorded again, while the target is busy or not ready.

        What stays not ready is judged as it came. Raises NoWitness where it stays busy: a limit of the rate is no
        answer, and no fault.
        """
        exchange = ask()
        busy = unready = 0
        patience = NOT_READY_TRIES if self._stayed_away < ENOUGH else 0
        while (pause := pause_after(exchange)) is not None:
            busy, unready = busy + is_busy(exchange), unready + (not is_busy(exchange))
            if busy > BUSY_TRIES or unready > patience:
                break
            time.sleep(pause)
            exchange = ask()
        if is_busy(exchange):
            raise NoWitness(f"the target limits the rate of requests (status {response_of(exchange).status})")
        if is_not_ready(exchange):
            self._stayed_away += 1
        elif unready:
            self.note("a request had to be repeated: the target, or what stands in front of it, was not ready")
        return exchange

    def of_another_model(self, request: Request, model: str) -> Exchange:
        """The answer to a request that asks another model than the run's. Raises NoWitness where it is not served."""
        exchange = self.patiently(lambda: self.target.attempt(request))
        if exchange.response is None:
            raise NoWitness(f"no answer came in time: loading {model} may take longer")
        if exchange.response.status in NOT_SERVED:
            raise NoWitness(f"the target does not serve {model} (status {exchange.response.status})")
        return exchange

    def at_once(self, several: Sequence[Alone]) -> list[Exchange]:
        """Send these requests, as many at the same time as the target may be asked. Raises NoWitness where none met."""
        calls = [partial(self.send, one.request, one.credentials) for one in several]
        exchanges = burst(calls, together(self.target))
        require_overlap(exchanges)
        self.note(f"{min(together(self.target), len(several))} at a time")
        return exchanges

    def plain_request(self) -> Request:
        """A request as the page's sample makes it: a JPEG, and nothing that may be left out."""
        raise NotImplementedError

    def with_picture(self, text: str) -> Request:
        """A plain request in which this text stands for the picture's base64."""
        return delivery.by_base64(self.operation, self.plain_request(), text)

    def once(self, request: Request, credentials: Credentials | None = None) -> Exchange:
        """Send a request unless it was answered before: two rules that generate the same ones share the answers."""
        asked = (request, credentials)
        if asked not in self._answered:
            self._answered[asked] = self.send(request, credentials)
        return self.target.refer(self._answered[asked])

    def settled(self, request: Request) -> Exchange:
        """The second of two answers to a request that is sent twice in a row; it is remembered as the one it gets."""
        exchanges = [expect_success(self.send(request)) for _ in range(2)]
        self._answered[request, None] = exchanges[-1]
        return exchanges[-1]

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode to plain requests; asked once."""
        raise NotImplementedError

    def apart(self) -> list[Alone]:
        """Requests whose answers can be told apart, each with what it is answered alone.

        Raises NoWitness where there are fewer than two: mixing them up could not be seen.
        """
        raise NotImplementedError

    def deck(self) -> list[Alone]:
        """Requests that differ in their pictures and in their parameters, for asking in any order. Raises NoWitness.

        The first of them is plain: whatever sticks to a server shows in its answer.
        """
        return self.pictured(self.apart()[:SHOWN])

    def pictured(self, several: Iterable[Alone]) -> list[Alone]:
        """Requests about different pictures, asked anew for what each gets alone."""
        return [self.compared(each.what, each.request, each.what) for each in several]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """The request by which is seen whether a picture is looked at that is made of this scene, or is empty."""
        raise NotImplementedError

    def gist(self, exchange: Exchange) -> Hashable:
        """What an answer to such a request says, whatever the size of its picture."""
        raise NotImplementedError

    def one_after_the_other(self, first: Request, second: Request) -> verify_apart.Pair:
        """Ask these two about pictures, and compare what they are answered."""
        exchanges = [expect_success(self.send(request)) for request in (first, second)]
        one, other = (answer(exchange, self.schema_rule).body for exchange in exchanges)
        gists = [self.gist(exchange) for exchange in exchanges]
        equal = gists[0] == gists[1] and not self.comparison(first).differences(one, other)
        return verify_apart.Pair(exchanges[1], gists[0], equal)

    def marks(self, exchange: Exchange) -> list[Mark]:
        """What an answer to such a request tells of, and where: the middles of boxes, where it tells no more."""
        return [Mark(each.label, each.x, each.y) for each in detection(exchange, self.schema_rule).predictions]

    def moving(self, several: Iterable[Scene], scene: Scene) -> verify_apart.Moving:
        """Ask about two pictures that are made of a scene, one after the other."""
        first, second = [expect_success(self.send(self.about(each, scene))) for each in several]
        return verify_apart.Moving(self.marks(first), self.marks(second), second)

    def of_its_kind(self, what: str, request: Request, picture: str) -> Alone:
        """A request whose answers are of one Content-Type, such as drawings, and that is all that is asked of them."""
        media = response_of(expect_success(self.once(request))).media_type

        def same(exchange: Exchange) -> None:
            verify.media_type(expect_success(exchange), media)

        return Alone(what, request, same, picture=picture)

    def compared(self, what: str, request: Request, picture: str) -> Alone:
        """A request with the answer that it gets alone, to which others are held by the operation's schema.

        It is asked twice in a row: what the request before has left behind shows in the first answer at most.
        """
        alone, comparison = self.settled(request), self.comparison(request)
        answer(alone, self.schema_rule)

        def same(exchange: Exchange) -> None:
            verify_service.same_answer(expect_success(exchange), alone, comparison, "as against the same request alone")

        return Alone(what, request, same, picture=picture)

    def as_alone(self, one: Alone, exchange: Exchange) -> None:
        """Hold an answer to what the request is answered alone. Raises RuleBroken.

        Raises NoWitness where the answers to it vary when it is asked alone, too: then nothing was mixed up.
        """
        try:
            one.same(exchange)
        except RuleBroken:
            for _ in range(ALONE_AGAIN):
                try:
                    one.same(self.send(one.request, one.credentials))
                except RuleBroken:
                    raise NoWitness(f"{one.what} is answered now so and now so when nothing else is asked") from None
            raise

    def each_as_alone(self, several: Sequence[Alone], exchanges: Sequence[Exchange]) -> None:
        """Hold the answers to what their requests are answered alone. Raises RuleBroken, NoWitness."""
        for one, exchange in zip(several, exchanges, strict=True):
            self.as_alone(one, exchange)

    def comparison(self, request: Request) -> Comparison:
        """How two answers to this request are compared: by the schema of its mode, and by its own threshold."""
        mode, threshold = self.operation.mode_of(request).name, equal.threshold(self.operation, request)
        return equal.comparison(self.operation, mode, threshold)

    def telling(self) -> tuple[Request, Exchange]:
        """A request with a picture in base64 that is answered otherwise than another picture is, and its answer.

        Raises NoWitness where there is none: whether the target read the picture could not be seen.
        """
        if self._apart is None:
            self._apart = self.apart()
        first, *others = [each.request for each in self._apart]
        picture = delivery.picture_of(self.operation, first)
        other = next((each for each in others if delivery.picture_of(self.operation, each) != picture), None)
        if other is None:
            raise NoWitness("no two pictures are known that are answered differently")
        answers = [expect_success(self.once(request)) for request in (first, other)]
        bodies = [answer(exchange, self.schema_rule).body for exchange in answers]
        if not self.comparison(first).differences(*bodies):
            raise NoWitness("two different pictures get the same answer")
        return first, answers[0]

    def bare(self) -> Bare:
        """A request whose answer shows which picture was read; where there is none, the plain one, to see a refusal."""
        try:
            request, answer = self.telling()
        except NoWitness as reason:
            request = self.plain_request()
            return Bare(request, expect_success(self.once(request)), str(reason))
        self.note("the answer to this picture differs from that to another")
        return Bare(request, answer, None)

    def spoilt_request(self) -> Request:
        """A request that no server can answer: an empty JSON object, or a body that is no picture."""
        if self.operation.shape == "json-body":
            return self.plain_request().replace(body=b"{}")
        return self.with_picture("!!!")

    def request_to_unknown_model(self) -> Request | None:
        """A plain request to a model that nobody has; None where a request names no model."""
        return self._request_to("/".join([NO_MODEL] * len(self.model.split("/"))))

    def request_to_unknown_version(self) -> Request | None:
        """A plain request to a version of the model that nobody has; None where its versions have no numbers."""
        dataset, _, version = self.model.rpartition("/")
        return self._request_to(f"{dataset}/{NO_VERSION}") if dataset and version.isdecimal() else None

    def _request_to(self, model: str) -> Request | None:
        """The plain request to another model; None where a request names none."""
        request = self.plain_request()
        if self.operation.shape != "json-body":
            names = [each.name for each in self.operation.parameters if each.place == "path"]
            values = dict(zip(names, model.split("/"), strict=True))
            return request.replace(path=wire.fill(self.operation.path, values))
        named = [name for name, value in request.json().items() if value == self.model]
        for name in named:
            request = delivery.with_member(self.operation, request, name, model)
        return request if named else None

    def offers(self) -> Assets:
        """The pictures that the target can fetch by their address. Raises NotOffered where it fetches none."""
        if self.target.no_url or self.target.assets is None:
            raise NotOffered(self.target.no_url)
        return self.target.assets

    def context(self) -> Context:
        """What requests are generated from: pictures that the deployment has seen, and its model."""
        raise NotImplementedError

    def reaches_its_threshold(self, exchange: Exchange) -> None:
        """Hold an answer to the threshold that its request asks for, where the documents name one."""

    def example(self) -> Any:
        """The fullest request as an instance: what invalid ones are made from."""
        return example(self.operation, self.context())

    def note(self, witness: str) -> None:
        """Keep in words what makes the case meaningful. It is cleaned, and cut, once it is told."""
        if witness not in self.notes:
            self.notes.append(witness)
