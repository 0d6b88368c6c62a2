"""What people are told: a service whose tags are wrong, and every change of a desired count."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ecsops import bus
from ecsops.alerts import Alert, NextStep, Table
from ecsops.arns import parse_arn
from ecsops.tags import alert_route
from queue_scaling.problem import ConfigurationProblem
from queue_scaling.state import Change

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_DETAIL_TYPE = "ECS Ops Scaling"


class ScalingEvent(msgspec.Struct, frozen=True):
    """A change of a service's desired count, for users' own rules (docs/schemas/scaling-v1.json)."""

    at: float
    service_arn: str
    cluster: str
    service: str
    mode: str
    before: int
    after: int
    reason: str
    version: str = "1"


def key_of(problems: Sequence[ConfigurationProblem]) -> str:
    """The same for the same problems: what was told is not told again."""
    text = "\n".join(map(str, problems))
    return hashlib.sha256(text.encode()).hexdigest()[:12] if problems else ""


def problem_alert(
    arn: str, problems: Sequence[ConfigurationProblem], tags: Mapping[str, str], now: float
) -> Alert:
    """Nothing scales this service until somebody mends a tag."""
    cluster, service = _names(arn)
    first = problems[0]
    return Alert(
        incident=f"queue_scaling:{arn}:configuration",
        stage=f"problem-{key_of(problems)}",
        severity="warning",
        state="open",
        at=now,
        capability="queue_scaling",
        title=f"{cluster}/{service}: not scaled, {first.tag}={first.value!r} cannot be used",
        summary=" ".join(f"{problem}." for problem in problems)
        + " The service keeps its tasks; nothing scales it until that is mended.",
        cluster=cluster,
        service=service,
        route=alert_route(tags),
        evidence=(
            Table(
                "Tags",
                ("tag", "value", "what is wrong"),
                tuple((each.tag, each.value, each.problem) for each in problems),
            ),
        ),
        next_steps=(
            NextStep("Mend the tag:", command=_command(arn, first.tag)),
            NextStep(
                "Check it before the next deployment:",
                command=f"ecs-ops scaling check --cluster {cluster} {service}",
            ),
        ),
        resources=(arn,),
    )


def mended_alert(arn: str, now: float) -> Alert:
    """The tags are fine again."""
    cluster, service = _names(arn)
    return Alert(
        incident=f"queue_scaling:{arn}:configuration",
        stage=f"mended-{int(now)}",
        severity="info",
        state="resolved",
        at=now,
        capability="queue_scaling",
        title=f"{cluster}/{service}: scaled by its queue again",
        summary="Its tags can be used, and its queue can be read.",
        cluster=cluster,
        service=service,
        resources=(arn,),
    )


def event_of(arn: str, mode: str, change: Change) -> ScalingEvent:
    """The event of a change."""
    cluster, service = _names(arn)
    return ScalingEvent(
        change.at, arn, cluster, service, mode, change.before, change.after, change.reason
    )


def publish_events(events: EventBridgeClient, changes: Sequence[ScalingEvent]) -> None:
    """Put them on the default bus; raises ``PublishFailed`` if one was not taken."""
    bus.put(events, [bus.entry(_DETAIL_TYPE, each, [each.service_arn]) for each in changes])


def _command(arn: str, tag: str) -> str:
    return f"aws ecs tag-resource --resource-arn {arn} --tags key={tag},value=VALUE"


def _names(arn: str) -> tuple[str, str]:
    parsed = parse_arn(arn)
    return parsed.cluster or "default", parsed.name
