"""Why deployments fail, as data: what a failure looks like, who is to blame, what to do next.

The rows are matched in the order of ``CATALOGUE``, the more telling ones first. Matching is by parts
of texts, without regard to case: Fargate's agent cuts long messages short, and wording changes.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from __future__ import annotations

from deploy_guard.catalogue import deployment, images, running, starting
from deploy_guard.catalogue.cause import Blame, Cause

__all__ = ["BY_ID", "CATALOGUE", "UNKNOWN", "Blame", "Cause"]

UNKNOWN = Cause(
    id="UNKNOWN",
    blame="unknown",
    says="no known cause",
    fix="Read the text that ECS gave, and the service's events.",
)
CATALOGUE: tuple[Cause, ...] = (
    *images.CAUSES,
    *starting.CAUSES,
    *running.CAUSES,
    *deployment.CAUSES,
    UNKNOWN,
)
BY_ID = {cause.id: cause for cause in CATALOGUE}
