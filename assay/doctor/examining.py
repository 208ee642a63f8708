"""`assay doctor`: every fact in its turn, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Final

from assay.doctor import here, plan, way
from assay.doctor.fact import Fact, State, mind, ok, wrong
from assay.errors import Exit
from assay.plugin.catalogue import refuse_unknown_patterns
from assay.plugin.choosing import refuse_empty_choice
from assay.plugin.options import CheckOptions
from assay.plugin.quiet import silent_client, termination_as_interrupt
from assay.plugin.smoke import ask_each_operation
from assay.questions.respondent import Respondent, reached
from assay.record.redaction import KEY_VARIABLE, Redactor
from assay.report.text import one_line

HELD_FIRST: Final = "florence2."
"""What is asked last, whatever it is asked for: it takes longest."""
Say = Callable[[str], object]


def examine(options: CheckOptions, say: Say, settings: str = "") -> Exit:
    """Tell what is here, what is reached and what would be checked; returns the exit code of what was found.

    Raises UsageProblem and TargetUnreachable, as a check does, after what was found out until then is told.
    """
    refuse_unknown_patterns((*options.only, *options.skip))
    refuse_empty_choice(options)
    policy = None if options.on_reference else options.policy(options.target, options.key())
    redactor = Redactor(options.key(), policy.secrets) if policy else Redactor()

    def tell(facts: Iterable[Fact]) -> list[Fact]:
        told = []
        for each in facts:
            say(f"  {each.state:<5} {one_line(redactor.text(each.seen), 400)}")
            told.append(each)
        return told

    with ExitStack() as resources:
        resources.enter_context(termination_as_interrupt())
        resources.enter_context(silent_client())
        say("Here")
        tell(here.here(options, settings))
        say(f"Reaching {options.target}")
        if policy is not None:
            tell(way.way(policy))
        respondent = reached(options, resources)
        found = tell([_answers(respondent)])
        found += tell([_key(respondent)])
        say("To be checked")
        planned = plan.plan_of(respondent)
        found += tell(plan.facts(planned))
        tell([ok(f"{respondent.target.sent:,} requests were sent to find this out")])
    if not planned.operations:
        return Exit.NOTHING_CHECKED
    return Exit.FAILED if any(each.state is State.WRONG for each in found) else Exit.OK


def _answers(respondent: Respondent) -> Fact:
    fingerprint = respondent.fingerprint
    stated = " ".join(word for word in (fingerprint.name, fingerprint.version) if word)
    engine = f", engine {fingerprint.engine}" if fingerprint.engine else ""
    if not respondent.found.described:
        return mind(f"{stated or 'somebody without a name'} answers{engine}, and publishes no /openapi.json")
    return ok(f"{stated or 'somebody without a name'} answers{engine}, and tells what it offers")


def _key(respondent: Respondent) -> Fact:
    """Whether one plain request is answered, and with which key. Raises UsageProblem where the key is refused."""
    variable = respondent.options.key_variable or KEY_VARIABLE
    known = {*respondent.options.models, *respondent.found.models}
    operations = respondent.deployment.contract.operations
    asked = [
        name
        for name, capability in respondent.capabilities.items()
        if capability.available and (operations[name].task in known or respondent.options.on_reference)
    ]
    if not asked:
        return mind("it holds no model, and none was named: whether a key is accepted will be seen with the first")
    first = min(asked, key=lambda name: name.startswith(HELD_FIRST))
    smoke = ask_each_operation(respondent.deployment, [first])
    smoke.refuse_if_misconfigured(respondent.options, respondent.redactor)
    exchange = smoke.exchanges[first]
    if first in smoke.silent:
        status = f"status {exchange.response.status}" if exchange.response else ": ".join(exchange.error or ())
        return wrong(f"{first} does not answer a plain request: {status}")
    with_key = f"with the key in {variable}" if respondent.options.key() else "without a key"
    told = "with its own key" if respondent.options.on_reference else with_key
    return ok(f"{first} answered a picture in {1000 * exchange.seconds:.0f} ms, {told}")
