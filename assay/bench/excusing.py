"""How a target is known to break the schemas: alone as under load, so that no load has made an answer wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.contract import Violation, checkpoint_of, load
from assay.contract.message import Request, Response
from assay.contract.operations import Operation
from assay.expect import KnownDeviations
from assay.record.model import Finding


@dataclass(frozen=True, slots=True)
class Excuses:
    """The deviations that are listed for a target, and the reasons of those that its answers met."""

    known: KnownDeviations = field(default_factory=KnownDeviations)
    met: dict[str, None] = field(default_factory=dict)

    def covers(self, operation: Operation, mode: str, violation: Violation) -> bool:
        """Whether the list names this place of the schema with what was found there.

        It names places in the first mode of an operation; the same answer beside a drawing breaks them too.
        """
        place = checkpoint_of(violation, operation.checkpoints(mode)).pattern or "/"
        for each in dict.fromkeys((mode, next(iter(operation.modes)))):
            case = f"{operation.id} mode={each} at={place}"
            listed = self.known.find(f"{operation.family}.answer.schema", case)
            if listed is not None and listed.explains([Finding(violation.message)]):
                self.met[listed.reason] = None
                return True
        return False

    def nothing_drawn(self, request: Request, response: Response) -> str:
        """Why an answer that was to be a picture is empty, where that is listed; otherwise nothing."""
        operation = load().operation(request.operation)
        if response.body or not operation.mode_of(request).media.startswith("image/"):
            return ""
        listed = self.known.find(f"{operation.family}.format.image-is-jpeg", operation.id)
        return listed.reason if listed else ""

    def notes(self) -> tuple[str, ...]:
        """What was met, a sentence each."""
        return tuple(f"known of such a server, and not counted as wrong: {reason}" for reason in self.met)
