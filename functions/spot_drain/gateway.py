"""What both passes need from AWS, and how late it is meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from ecsops.errors import CallFailed
from spot_drain.aws import ServiceKey
from spot_drain.targets import Entry, Membership, Service
from spot_drain.verdict import Seen


class Gateway(Protocol):
    """An account, as the passes see it."""

    def time_since(self, now: float) -> float:
        """How long the calls since ``now`` have taken."""
        ...

    def tasks(
        self, by_cluster: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, Any] | CallFailed]:
        """Fresh task descriptions."""
        ...

    def services(
        self, keys: Iterable[ServiceKey], *, now: float
    ) -> dict[ServiceKey, Service | CallFailed]:
        """Services by key."""
        ...

    def rolling_out(self, services: Iterable[Service]) -> dict[str, Service | CallFailed]:
        """Services in the middle of a deployment."""
        ...

    def instance_ids(self, by_cluster: Mapping[str, Sequence[str]]) -> dict[str, str | CallFailed]:
        """The EC2 instances of container instances."""
        ...

    def leave_registries(self, entries: Iterable[Entry]) -> dict[Entry, CallFailed]:
        """Let Cloud Map tell nobody of these tasks any more."""
        ...

    def refused_registries(self) -> AbstractSet[str]:
        """The Cloud Map services that the role may not touch, as far as is known."""
        ...

    def look(self, memberships: Iterable[Membership]) -> dict[Membership, Seen]:
        """What each place shows."""
        ...

    def look_and_deregister(
        self, memberships: Iterable[Membership]
    ) -> tuple[dict[Membership, Seen], dict[Membership, CallFailed]]:
        """Look and take out at once."""
        ...
