"""What a batch of reads has brought so far, and of which services it has to be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_guard.model import Version
from deploy_guard.reality import ServiceDeployment
from ecsops.errors import CallFailed

Shape = Mapping[str, Any]
# service/web, the form before clusters stood in it; today's is service/prod/web.
_SHORT = 2


@dataclass(slots=True)
class Seen:
    """What a batch of reads has brought."""

    services: dict[str, Shape] = field(default_factory=dict)
    deployments: dict[str, ServiceDeployment] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)
    failed: dict[str, CallFailed] = field(default_factory=dict)
    unread: dict[str, CallFailed] = field(default_factory=dict)

    def fail(self, arns: Iterable[str], error: CallFailed) -> None:
        """The services of these deployments or revisions could not be read; the others were."""
        self.failed |= dict.fromkeys(self._of(arns), error)

    def miss(self, arns: Iterable[str], error: CallFailed) -> None:
        """These revisions were not told in time; whatever else is known of their services stands."""
        self.unread |= dict.fromkeys(self._of(arns), error)

    def _of(self, arns: Iterable[str]) -> list[str]:
        places = {place_of(arn) for arn in arns}
        return [
            one
            for one, shape in self.services.items()
            if (place_of(shape.get("clusterArn", one))[-1], place_of(one)[1]) in places
        ]


def place_of(arn: str) -> tuple[str, str]:
    """Cluster and name of a service, also of the one to which a deployment or a revision belongs."""
    parts = arn.rpartition(":")[2].split("/")
    return (parts[1], parts[2]) if len(parts) > _SHORT else ("", parts[-1])
