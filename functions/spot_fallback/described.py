"""Services as DescribeServices shows them, read as the decisions need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsops import tags
from ecsops.services import is_deploying
from spot_fallback.following import deployed_at, revision_of
from spot_fallback.model import Counted, Primary, Shadow
from spot_fallback.placement import last_said
from spot_fallback.settings import read_settings
from spot_fallback.shadow import problems_of, providers_of, shadow_name, wanted


def primary_of(described: Mapping[str, Any], counted: Counted | None, now: float) -> Primary:
    """The Spot service; ``counted`` are its tasks that are meant to run, if that was asked."""
    given = tags.from_ecs(described.get("tags"))
    settings = read_settings(given, now)
    running = int(described.get("runningCount", 0))
    starting = int(described.get("pendingCount", 0))
    problems = problems_of(described, settings.provider)
    providers = providers_of(described)
    spot = [each for each in providers if each != "FARGATE"]
    return Primary(
        arn=described["serviceArn"],
        cluster=described["clusterArn"],
        name=described["serviceName"],
        desired=int(described.get("desiredCount", 0)),
        running=running,
        there=running + starting if counted is None else counted.there,
        waiting=counted.waiting if counted else 0,
        pending=starting,
        deploying=is_deploying(described),
        settings=settings,
        tags=given,
        wanted={} if problems else wanted(described, settings.provider),
        unplaced=last_said(
            described.get("events") or (), now, on_instances=settings.provider is not None
        ),
        spot_only=bool(spot) and len(spot) == len(providers),
        problems=problems,
        maximum_percent=described.get("deploymentConfiguration", {}).get("maximumPercent", 200),
        revision=revision_of(described),
        deployed_at=deployed_at(described),
    )


def shadow_of(described: Mapping[str, Any] | None, primary: Mapping[str, Any]) -> Shadow:
    """The cover of a primary; an INACTIVE one is as good as none."""
    name = shadow_name(primary["serviceName"])
    if described is None or described.get("status") == "INACTIVE":
        return Shadow(name)
    given = tags.from_ecs(described.get("tags"))
    return Shadow(
        name=name,
        status="active" if described.get("status") == "ACTIVE" else "draining",
        arn=described["serviceArn"],
        desired=int(described.get("desiredCount", 0)),
        running=int(described.get("runningCount", 0)),
        ours=given.get(tags.FALLBACK_FOR) == primary["serviceArn"],
        shape=described,
    )
