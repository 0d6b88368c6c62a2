"""Whether a cover has been deployed since its primary was, be it with the same task definition.

ECS keeps the digests of images as they were when a deployment began, also for tasks that start later
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html, "Container image
resolution"): after a forced deployment of the primary its cover would go on with the images of before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from spot_fallback.model import Cover, Primary, Shadow


def revision_of(described: Mapping[str, Any]) -> str:
    """The service revision that serves; empty while there are two, or none is told."""
    told = [one["arn"] for one in described.get("currentServiceRevisions") or () if one.get("arn")]
    return told[0] if len(told) == 1 else ""


def deployed_at(described: Mapping[str, Any]) -> float:
    """When the deployment that counts began; 0 if that is not told."""
    for each in described.get("deployments") or ():
        if each.get("status") == "PRIMARY" and each.get("createdAt"):
            return float(each["createdAt"].timestamp())
    return 0.0


def noted(primary: Primary, shadow: Shadow, cover: Cover) -> Cover:
    """The cover with the revision for which it has been deployed: one that began after it, or was made.

    A rollback brings the primary back to the revision that its cover follows already.
    """
    since = deployed_at(shadow.shape) >= primary.deployed_at
    known = shadow.status == "active" and primary.revision and not primary.deploying
    return replace(cover, follows=primary.revision) if known and since else cover


def is_behind(primary: Primary, cover: Cover) -> bool:
    """Whether the primary has been deployed anew since."""
    return bool(primary.revision) and cover.follows != primary.revision
