"""An event bus: takes events, finds the rules that want them, sends them on their way."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.events import schedule_expression
from sandbox.events.delivery import Courier, Parcel
from sandbox.events.target_input import target_input

if TYPE_CHECKING:
    import random

    from sandbox.clock import Clock
    from sandbox.events.rule import Rule
    from sandbox.faults import FaultPlan
    from sandbox.trace import Trace

DELIVERY_LATENCY_S = 0.2  # typical, not published as a guarantee: assumed


@dataclass(slots=True)
class Surroundings:
    """What the buses of one account and Region share."""

    clock: Clock
    trace: Trace
    courier: Courier
    rng: random.Random
    account: str
    region: str
    faults: FaultPlan | None = None


class EventBus:
    """One bus with its rules."""

    def __init__(self, name: str, surroundings: Surroundings) -> None:
        """Start without rules."""
        self.name = name
        self.rules: dict[str, Rule] = {}
        self.tags: dict[str, str] = {}
        self.policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
        self._in = surroundings
        self.arn = f"arn:aws:events:{surroundings.region}:{surroundings.account}:event-bus/{name}"

    def put(self, event: dict[str, Any]) -> dict[str, Any]:
        """Take an event and deliver it to the targets of every enabled rule that matches."""
        full = self._completed(event)
        self._in.trace.add("event", bus=self.name, event=full)
        for rule in [rule for rule in self.rules.values() if rule.matches(full)]:
            self._match(rule, full)
        return full

    def arm(self, rule: Rule) -> None:
        """Put the next run of a scheduled rule on the agenda; a disabled rule has none."""
        if rule.appointment:
            rule.appointment.cancel()
            rule.appointment = None
        if rule.schedule and rule.enabled:
            following = schedule_expression.parse(rule.schedule, start=self._in.clock.now())
            self._arm_next(rule, following)

    def _arm_next(self, rule: Rule, following: schedule_expression.Next) -> None:
        when = following(self._in.clock.now())
        if when is None:
            return

        def fire() -> None:
            self._fire(rule)
            self._arm_next(rule, following)

        rule.appointment = self._in.clock.call_at(when, fire, label=f"schedule {rule.name}")

    def _fire(self, rule: Rule) -> None:
        """A scheduled rule makes an event of its own; no other rule sees it."""
        event = self._completed(
            {
                "source": "aws.events",
                "detail-type": "Scheduled Event",
                "resources": [rule.arn],
                "detail": {},
            }
        )
        self._match(rule, event)

    def _match(self, rule: Rule, event: dict[str, Any]) -> None:
        self._in.trace.add("rule", rule=rule.name, bus=self.name, event_id=event["id"])
        for target in list(rule.targets.values()):
            for delay, copy in self._copies(event):
                parcel = Parcel(
                    target,
                    target_input(target, copy, {"name": rule.name, "arn": rule.arn}),
                    rule.arn,
                    "events.amazonaws.com",
                    copy["id"],
                )
                self._in.courier.deliver(parcel, DELIVERY_LATENCY_S + delay)

    def _copies(self, event: dict[str, Any]) -> list[tuple[float, dict[str, Any]]]:
        """At least once, in no particular order: the fault plan decides how bad it gets."""
        return self._in.faults.plan_delivery(event) if self._in.faults else [(0.0, event)]

    def _completed(self, event: dict[str, Any]) -> dict[str, Any]:
        now = dt.datetime.fromtimestamp(self._in.clock.now(), dt.UTC)
        return {
            "version": "0",
            "id": str(uuid.UUID(int=self._in.rng.getrandbits(128), version=4)),
            "detail-type": "",
            "source": "",
            "account": self._in.account,
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._in.region,
            "resources": [],
            "detail": {},
        } | event
