"""What people are told about a cover, and the event of each change for users' own rules."""

from __future__ import annotations

import msgspec

from ecsops import tags
from ecsops.alerts import Alert, NextStep, Severity, State, Table
from spot_fallback.model import Primary, Shadow
from spot_fallback.plan import News, NewsKind, Plan

CAPABILITY = "spot_fallback"
DETAIL_TYPE = "ECS Ops Spot Fallback"

_TITLES: dict[NewsKind, str] = {
    "covering": "Spot is short, tasks run on demand",
    "grown": "Spot is shorter still, more tasks run on demand",
    "capped": "more tasks are missing than may be covered",
    "on-demand-short": "neither Spot nor on-demand capacity",
    "waiting": "tasks are missing and not covered",
    "long": "the cover of Spot lasts long",
    "edited": "somebody else changed the cover",
    "restored": "back on Spot",
    "problem": "cannot be covered when Spot runs short",
    "mended": "can be covered when Spot runs short",
    "taken": "cannot be covered: the name is taken",
    "would": "dry run: Spot is short",
    "failed": "the cover could not be changed",
}
_SEVERITY: dict[NewsKind, Severity] = {
    "on-demand-short": "critical",
    "failed": "critical",
    "restored": "info",
    "mended": "info",
    "would": "info",
}
_RESOLVED = frozenset({"restored", "mended"})
_OF_THE_SETTINGS = frozenset({"problem", "mended", "taken"})


class FallbackEvent(msgspec.Struct, frozen=True):
    """A change of a cover (docs/schemas/spot-fallback-v1.json)."""

    at: float
    service_arn: str
    cluster: str
    service: str
    before: int
    after: int
    missing: int
    reason: str
    version: str = "1"


def alert_of(news: News, primary: Primary, shadow: Shadow, plan: Plan, now: float) -> Alert:
    """One message: what, why, what holds now, what to do."""
    cluster, service = primary.place
    since = plan.incident or plan.cover.since or plan.cover.raised_at
    about = "settings" if news.kind in _OF_THE_SETTINGS else f"{since:.0f}"
    state: State = "resolved" if news.kind in _RESOLVED else "open"
    return Alert(
        incident=f"{CAPABILITY}:{primary.arn}:{about}",
        stage=news.key,
        severity=_SEVERITY.get(news.kind, "warning"),
        state=state,
        at=now,
        capability=CAPABILITY,
        title=f"{cluster}/{service}: {_TITLES[news.kind]}",
        summary=f"{news.text[:1].upper()}{news.text[1:]}.",
        cluster=cluster,
        service=service,
        route=tags.alert_route(primary.tags),
        evidence=() if state == "resolved" else (_table(primary, plan),),
        next_steps=tuple(_steps(news.kind, primary, shadow, cluster)),
        resources=(primary.arn,),
    )


def event_of(primary: Primary, plan: Plan, now: float) -> FallbackEvent:
    """The event of a change."""
    cluster, service = primary.place
    return FallbackEvent(
        at=now,
        service_arn=primary.arn,
        cluster=cluster,
        service=service,
        before=plan.before,
        after=plan.target,
        missing=primary.missing,
        reason=plan.reason,
    )


def _table(primary: Primary, plan: Plan) -> Table:
    return Table(
        "Tasks",
        ("wanted", "meant to run on Spot", "running", "on demand before", "on demand now"),
        (
            (
                str(primary.desired),
                str(primary.there),
                str(primary.running),
                str(plan.before),
                str(plan.target),
            ),
        ),
    )


def _steps(kind: NewsKind, primary: Primary, shadow: Shadow, cluster: str) -> list[NextStep]:
    tag = f"aws ecs tag-resource --resource-arn {primary.arn} --tags key="
    look = NextStep(
        "See the service and its cover:",
        command=f"aws ecs describe-services --cluster {cluster} "
        f"--services {primary.name} {shadow.name}",
    )
    off = NextStep("Stop covering this service:", command=f"{tag}{_OFF}")
    steps: dict[NewsKind, list[NextStep]] = {
        "problem": [NextStep("Mend it, or switch the cover off:", command=f"{tag}{_OFF}")],
        "taken": [look],
        "capped": [look, NextStep("Allow more:", command=f"{tag}{tags.SPOT_FALLBACK_MAX},value=N")],
        "on-demand-short": [look, NextStep(_ELSEWHERE)],
        "long": [look, NextStep(_LASTING)],
        "restored": [],
        "mended": [],
    }
    return steps.get(kind, [look, off])


_ELSEWHERE = (
    "Other zones or sizes may have capacity: add subnets, or look at the account's Fargate quota."
)
_LASTING = "Consider a base on FARGATE or more zones: this cover is paid at on-demand prices."
_OFF = "ecs-ops:spot-fallback,value=off"
