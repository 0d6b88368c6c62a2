"""A service's deployments since the one that was to be rolled back: how that stands, and what followed.

A service shows its latest deployment, and those that still run tasks: whoever deployed meanwhile hides
the others. The list keeps them all for 90 days.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html
"""

from __future__ import annotations

from datetime import UTC, datetime

from deploy_guard import described
from deploy_guard.aftermath import CLOCKS_S, LEASE_S, Began
from deploy_guard.answers import NoHistory, called
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.reality import Reality

_MOST = 20


def deployed_since(
    reader: EcsReader, reality: Reality, began: float, at: float
) -> tuple[Began, ...] | None:
    """Those that began until an attempt of the time ``at`` was over; None: it is not to be known.

    A call that fails raises ``CallFailed``: then the order is tried again.
    """
    window = {
        "after": datetime.fromtimestamp(min(began, at) - CLOCKS_S, UTC),
        "before": datetime.fromtimestamp(at + LEASE_S + CLOCKS_S, UTC),
    }
    try:
        answer = called(
            "ListServiceDeployments",
            lambda: reader.ecs.list_service_deployments(
                service=reality.service,
                cluster=reality.cluster,
                createdAt=window,  # type: ignore[arg-type]
                maxResults=_MOST,
            ),
        )
    except NoHistory:
        return None
    briefs = [described.brief(one) for one in answer["serviceDeployments"]]
    if answer.get("nextToken"):
        return None
    shapes = reader.revisions.shapes({one.target for one in briefs if one.target})
    if any(one.target not in shapes for one in briefs):
        return None
    return tuple(
        Began(one.arn, shapes[one.target].get("taskDefinition", ""), one.created_at, one.status)
        for one in briefs
        if one.target
    )
