"""What people are told about a cover, and the event of each change for users' own rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ecsops import bus, tags
from ecsops.alerts import Alert, NextStep, Severity, State, Table, publish
from ecsops.arns import parse_arn
from ecsops.observability import count, logger
from ecsops.wording import agreeing, counted
from spot_fallback.model import Cover, Primary
from spot_fallback.news import still_open
from spot_fallback.owed import News, NewsKind, Owed
from spot_fallback.shadow import shadow_name

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

CAPABILITY = "spot_fallback"
DETAIL_TYPE = "ECS Ops Spot Fallback"

_TITLES: dict[NewsKind, str] = {
    "covering": "Spot is short, tasks are started on demand",
    "grown": "Spot is shorter still, more tasks are started on demand",
    "capped": "more tasks are missing than may be covered",
    "on-demand-short": "neither Spot tasks nor their cover find a place",
    "waiting": "tasks are missing and not covered",
    "long": "the cover of Spot lasts long",
    "idle": "the cover of Spot does not run",
    "runs": "the cover of Spot runs now",
    "edited": "somebody else changed the cover",
    "restored": "back on Spot",
    "problem": "cannot be covered when Spot runs short",
    "mended": "can be covered when Spot runs short",
    "taken": "cannot be covered: the name is taken",
    "would": "dry run: the cover would be changed",
    "would-not": "dry run: over",
    "waited": "no task is missing and uncovered any more",
    "failed": "the cover could not be changed",
}
_SEVERITY: dict[NewsKind, Severity] = {
    "on-demand-short": "critical",
    "failed": "critical",
    "idle": "critical",
    "runs": "info",
    "restored": "info",
    "mended": "info",
    "waited": "info",
    "would": "info",
    "would-not": "info",
}
_RESOLVED = frozenset({"restored", "mended", "waited", "would-not"})


class FallbackEvent(msgspec.Struct, frozen=True):
    """A change of a cover (docs/schemas/spot-fallback-v1.json); copies have the same ``id``."""

    id: str
    at: float
    service_arn: str
    cluster: str
    service: str
    before: int
    after: int
    missing: int
    reason: str
    version: str = "1"


def tell(events: EventBridgeClient, owing: Sequence[tuple[Owed, Primary]]) -> None:
    """Publish alerts and changes; raises ``PublishFailed`` if one was not taken."""
    publish(events, [alert for owed, primary in owing for alert in alerts_of(owed, primary)])
    changes = [(event, one) for owed, one in owing if (event := event_of(owed, one))]
    for event, one in changes:
        cluster, service = one.place
        count("FallbackChanges", Cluster=cluster, Service=service)
        logger.info(
            "cover changed",
            service=one.arn,
            before=event.before,
            after=event.after,
            reason=event.reason,
        )
    bus.put(events, [bus.entry(DETAIL_TYPE, event, [one.arn]) for event, one in changes])


def alerts_of(owed: Owed, primary: Primary) -> list[Alert]:
    """A message for each of the news: what, why, what holds now, what to do."""
    return [_alert(news, owed, primary) for news in owed.news]


def event_of(owed: Owed, primary: Primary) -> FallbackEvent | None:
    """The event of a change; None if the cover was not changed."""
    if owed.before == owed.target:
        return None
    cluster, service = primary.place
    return FallbackEvent(
        id=owed.id,
        at=owed.at,
        service_arn=primary.arn,
        cluster=cluster,
        service=service,
        before=owed.before,
        after=owed.target,
        missing=owed.missing,
        reason=owed.reason,
    )


def tell_given_up(
    events: EventBridgeClient, owner: str, cover: Cover, route: str | None, now: float
) -> None:
    """The ends of all that was told of a service which wants no cover any more."""
    arn = parse_arn(owner)
    cluster = arn.cluster or ""
    stopped = (
        f": its {counted(cover.target, 'task')} on demand {agreeing(cover.target, 'is', 'are')} stopped, "
        "whether or not Spot has capacity"
        if cover.target
        else ""
    )
    alerts = [
        Alert(
            incident=f"{CAPABILITY}:{owner}:{about}",
            stage="given-up",
            severity="info",
            state="resolved",
            at=now,
            capability=CAPABILITY,
            title=f"{cluster}/{arn.name}: the cover of Spot is given up",
            summary=f"The service is gone or wants no cover any more{stopped}.",
            cluster=cluster,
            service=arn.name,
            route=route,
            resources=(owner,),
        )
        for about in still_open(cover)
    ]
    publish(events, alerts)


def _alert(news: News, owed: Owed, primary: Primary) -> Alert:
    cluster, service = primary.place
    state: State = "resolved" if news.kind in _RESOLVED else "open"
    return Alert(
        incident=f"{CAPABILITY}:{primary.arn}:{news.about or f'{owed.incident:.0f}'}",
        stage=news.key,
        severity=_SEVERITY.get(news.kind, "warning"),
        state=state,
        at=owed.at,
        capability=CAPABILITY,
        title=f"{cluster}/{service}: {_TITLES[news.kind]}",
        summary=f"{news.text[:1].upper()}{news.text[1:]}.",
        cluster=cluster,
        service=service,
        route=tags.alert_route(primary.tags),
        evidence=() if state == "resolved" else (_table(owed),),
        next_steps=tuple(_steps(news.kind, primary, cluster)),
        resources=(primary.arn,),
    )


def _table(owed: Owed) -> Table:
    numbers = (owed.wanted, owed.there, owed.running, owed.before, owed.target)
    return Table(
        "Tasks",
        ("wanted", "meant to run on Spot", "running", "on demand before", "on demand now"),
        (tuple(map(str, numbers)),),
    )


def _steps(kind: NewsKind, primary: Primary, cluster: str) -> list[NextStep]:
    tag = f"aws ecs tag-resource --resource-arn {primary.arn} --tags key="
    look = NextStep(
        "See the service and its cover:",
        command=f"aws ecs describe-services --cluster {cluster} "
        f"--services {primary.name} {shadow_name(primary.name)}",
    )
    off = NextStep("Stop covering this service:", command=f"{tag}{_OFF}")
    steps: dict[NewsKind, list[NextStep]] = {
        "problem": [NextStep("Mend it, or switch the cover off:", command=f"{tag}{_OFF}")],
        "taken": [look],
        "capped": [look, NextStep("Allow more:", command=f"{tag}{tags.SPOT_FALLBACK_MAX},value=N")],
        "on-demand-short": [look, NextStep(_ELSEWHERE)],
        "idle": [look, _why_stopped(primary, cluster)],
        "long": [look, NextStep(_LASTING)],
    }
    if kind in _RESOLVED:
        return []
    return steps.get(kind, [look, off])


def _why_stopped(primary: Primary, cluster: str) -> NextStep:
    listed = f"--service-name {shadow_name(primary.name)} --desired-status STOPPED"
    return NextStep(
        "See why its tasks stopped:", command=f"aws ecs list-tasks --cluster {cluster} {listed}"
    )


_ELSEWHERE = (
    "Its events say why. Other zones or sizes may have capacity: add subnets, or raise the quota."
)
_LASTING = "Consider a base on FARGATE or more zones: this cover is paid at on-demand prices."
_OFF = "ecs-ops:spot-fallback,value=off"
