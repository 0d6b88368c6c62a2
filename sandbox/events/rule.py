"""A rule: what it waits for, and whom it tells."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.events.operators import invalid
from sandbox.events.pattern import Pattern, compile_pattern
from sandbox.events.target_input import validate_target_input

if TYPE_CHECKING:
    from sandbox.clock import Appointment

TARGETS_PER_RULE = 5  # quota of eb-quota.html
PATTERN_CHARACTERS = 2048

# Limits of the RetryPolicy shape, and of the ids and lists around it.
ATTEMPTS = range(186)
AGE_S = range(60, 86_401)


@dataclass(slots=True)
class Rule:
    """One rule of one bus."""

    name: str
    arn: str
    bus: str
    event_pattern: str | None = None
    schedule: str | None = None
    state: str = "ENABLED"
    description: str | None = None
    role_arn: str | None = None
    pattern: Pattern | None = None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    appointment: Appointment | None = None  # of a schedule expression

    @property
    def enabled(self) -> bool:
        """ENABLED, or the state that also takes CloudTrail management events."""
        return self.state.startswith("ENABLED")

    def matches(self, event: dict[str, Any]) -> bool:
        """Tell whether the rule wants the event now."""
        return self.enabled and self.pattern is not None and self.pattern.matches(event)

    def put_targets(self, targets: list[dict[str, Any]]) -> None:
        """Add or replace targets by id."""
        for target in targets:
            validate_target_input(target)
            _check_retry_policy(target)
        ids = {target["Id"] for target in targets} | set(self.targets)
        if len(ids) > TARGETS_PER_RULE:
            raise ApiError(
                "LimitExceededException",
                "The requested resource exceeds the maximum number allowed: "
                f"{TARGETS_PER_RULE} targets per rule.",
            )
        self.targets.update({target["Id"]: target for target in targets})

    def describe(self) -> dict[str, Any]:
        """The shape of DescribeRule, without what is not set."""
        shown = {
            "Name": self.name,
            "Arn": self.arn,
            "EventBusName": self.bus,
            "EventPattern": self.event_pattern,
            "ScheduleExpression": self.schedule,
            "State": self.state,
            "Description": self.description,
            "RoleArn": self.role_arn,
        }
        return {name: value for name, value in shown.items() if value is not None}


def read_pattern(text: str) -> Pattern:
    """Parse and check the EventPattern parameter of PutRule."""
    if len(text) > PATTERN_CHARACTERS:
        raise invalid(f"Event pattern exceeds {PATTERN_CHARACTERS} characters")
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise invalid(f"Unable to parse: {error}") from error
    return compile_pattern(parsed)


def _check_retry_policy(target: dict[str, Any]) -> None:
    policy = target.get("RetryPolicy", {})
    for name, allowed in (("MaximumRetryAttempts", ATTEMPTS), ("MaximumEventAgeInSeconds", AGE_S)):
        if name in policy and policy[name] not in allowed:
            raise ApiError(
                "ValidationException",
                f"Parameter(s) {name} not valid: between {allowed.start} and {allowed.stop - 1}.",
            )
