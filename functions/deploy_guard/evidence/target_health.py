"""Why a load balancer calls the targets unhealthy: its reason codes, or what ECS wrote about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from deploy_guard.evidence.unavailable import Unavailable
from ecsops.arns import target_group_name

WHAT, ASKED = "target health", "elasticloadbalancing:DescribeTargetHealth"
_ROWS = 5
_CODES = re.compile(r"\[[\d, \-]+\]")
# "in target-group NAME" in older messages, "in (target-group ARN)" in newer ones.
_EVENT = re.compile(
    r"\(port (\d+)\) is unhealthy in \(?target-group ([^\s)]+)\)? due to \(reason (.*?)\)"
)
# What a service event says instead of a reason code; the first that fits.
_IN_WORDS = (
    ("with these codes", "Target.ResponseCodeMismatch"),
    ("timed out", "Target.Timeout"),
    ("health checks failed", "Target.FailedHealthChecks"),
)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
_ADVICE = {
    "Target.ResponseCodeMismatch": (
        "The container answers, but with another code: correct the health check's path or its "
        "expected codes (matcher)."
    ),
    "Target.Timeout": (
        "No answer in time: check the security group of the tasks, the port, and whether the "
        "application is slow to answer."
    ),
    "Target.FailedHealthChecks": (
        "No connection: is the application listening on this port and on 0.0.0.0, and is the protocol "
        "right (HTTP or HTTPS)?"
    ),
    "Target.NotInUse": (
        "The group has no load balancer, or the load balancer has no subnet in the task's zone."
    ),
    "Target.NotRegistered": "The task never was a target: check the service's load balancer settings.",
    "Target.HealthCheckDisabled": "Health checks are off for this group.",
    "Elb.InitialHealthChecking": (
        "The first checks were not finished when ECS gave up: raise the health check grace period."
    ),
    "Elb.RegistrationInProgress": (
        "It was not registered yet when ECS gave up: raise the health check grace period."
    ),
    "Elb.InternalError": "The load balancer has an error of its own: ECS tries again by itself.",
}


class TargetHealth(msgspec.Struct, frozen=True, tag=True):
    """``reason`` is the most frequent code; ``rows`` are (target, state, reason, description)."""

    group: str
    reason: str | None = None
    codes: str = ""
    rows: tuple[tuple[str, str, str, str], ...] = ()

    @property
    def short(self) -> str | None:
        """``Target.ResponseCodeMismatch [404]``."""
        return f"{self.reason} {self.codes}".strip() if self.reason else None

    @property
    def advice(self) -> str | None:
        """What the reason asks for."""
        return _ADVICE.get(self.reason or "")


def told(group_arn: str, events: Sequence[str]) -> TargetHealth | None:
    """What the service's events say in words that are known; None: the group has to be asked.

    They are there as soon as a task is condemned, when its target may have left the group already.
    """
    health = TargetHealth(target_group_name(group_arn))
    rows = [row for row in from_events(health.group, events) if row[2] in _ADVICE]
    found = with_events(health, rows, ()) if rows else None
    return found if isinstance(found, TargetHealth) else None


def read(elbv2: Any, group_arn: str, events: Sequence[str] = ()) -> TargetHealth | Unavailable:
    """What the group says, or where its targets are gone already, what the service's events say."""
    answer = elbv2.describe_target_health(TargetGroupArn=group_arn)
    rows = [_row(one) for one in answer["TargetHealthDescriptions"]]
    return with_events(TargetHealth(target_group_name(group_arn)), rows, events)


def with_events(
    health: TargetHealth, rows: Sequence[tuple[str, str, str, str]], events: Sequence[str]
) -> TargetHealth | Unavailable:
    """The same with its rows, or with what the events remember."""
    telling = [row for row in rows if row[1] in ("unhealthy", "unavailable", "unused")]
    # A target leaves its group within seconds of the task's end, and the next one is still "initial".
    telling = telling or from_events(health.group, events)
    telling = telling or [row for row in rows if row[1] == "initial"]
    if not telling:
        return Unavailable(WHAT, f"{health.group} has no unhealthy target any more")
    reason = Counter(row[2] for row in telling).most_common(1)[0][0]
    description = next(row[3] for row in telling if row[2] == reason)
    found = _CODES.search(description)
    return msgspec.structs.replace(
        health, reason=reason, codes=found[0] if found else "", rows=tuple(telling[:_ROWS])
    )


def from_events(group: str, events: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Rows from ``... (port 8080) is unhealthy in (target-group ARN) due to (reason ...)``."""
    found = (_EVENT.search(text) for text in events)
    rows = [
        (f"port {one[1]}", "unhealthy", _code(one[3]), one[3])
        for one in found
        if one and target_group_name(one[2]) == group
    ]
    return list(dict.fromkeys(rows))


def _row(one: Any) -> tuple[str, str, str, str]:
    target, health = one["Target"], one["TargetHealth"]
    place = f"{target['Id']}:{target['Port']}" if target.get("Port") else target["Id"]
    return (
        place,
        health.get("State", ""),
        health.get("Reason", ""),
        health.get("Description", ""),
    )


def _code(reason: str) -> str:
    words = reason.lower()
    return next((code for part, code in _IN_WORDS if part in words), reason)
