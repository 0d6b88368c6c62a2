"""Does an alert get from the bus to its sink? What the self-test asks, and what the answers mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from alerts.incident import self_report
from alerts.incident_reader import Known
from ecsops.alerts import Alert

# How often it looks before it calls a part broken, and how long it waits in between.
LOOKS, LOOK_EVERY_S = 4, 45


class Look(msgspec.Struct, frozen=True, omit_defaults=True):
    """Our own later message: has the marked alert arrived by now?"""

    selftest: Literal["look"]
    incident: str
    began: float
    number: int = 1
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule of the stack: its state, and the sample events that its pattern matches."""

    name: str
    state: str
    matched: tuple[str, ...]


def marked_alert(name: str, now: float) -> Alert:
    """The synthetic alert: marked as a test, and over as soon as it is told."""
    report = self_report(
        f"alerts/selftest/{name}",
        "selftest",
        "Self-test of the alerts' path",
        "This alert tests the way from the event bus to this sink. Nothing has happened.",
        now,
    )
    return msgspec.structs.replace(report, test=True)


def rule_problems(rules: list[RuleSeen]) -> tuple[str, ...]:
    """Rules that cannot do their work: switched off, or with a pattern that no sample event matches."""
    off = [f"rule {r.name} is {r.state}" for r in rules if r.state != "ENABLED"]
    dead = [
        f"rule {r.name} can never match: its pattern matches none of the sample events"
        for r in rules
        if not r.matched
    ]
    return (*off, *dead)


def path_problems(known: Known, queue: Mapping[str, str]) -> tuple[str, ...]:
    """The first part of the path that the marked alert did not pass; empty when it was delivered."""
    if not known.alerts:
        waiting = sum(int(number) for number in queue.values())
        if waiting:
            return (f"function: {waiting} messages wait in its queue, ours has not been handled",)
        return ("rule or queue: the marked alert did not arrive in the alerts' queue",)
    if not known.sinks:
        return ("function: it has kept the marked alert and told nobody",)
    return tuple(
        f"sink {name}: {'it refuses' if state.parked else 'it does not take'} the marked alert"
        for name, state in sorted(known.sinks.items())
        if state.reference is None
    )


def report(problems: tuple[str, ...]) -> tuple[str, str]:
    """Subject and text of the mail about a failed self-test."""
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return (
        f"[CRITICAL] ECS Ops: the alerts' path is broken ({len(problems)})",
        f"The self-test found:\n\n{listed}\n\nThis mail went around it. See docs/runbook.md#self-test.",
    )
