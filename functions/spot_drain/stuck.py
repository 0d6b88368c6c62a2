"""Targets of dying tasks that could not be taken out: which, until they are out of rotation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ecsops.alerts import Alert
from spot_drain.remembered import Remembered
from spot_drain.storm import storm_incident
from spot_drain.stuck_alerts import unstuck_alert
from spot_drain.targets import Membership, Target
from spot_drain.verdict import OUT_OF_ROTATION, Seen

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Whatever is registered then is somebody else's address, or a matter that a person knows of.
_LONGEST_S = 6 * 3_600
_KEEP_S = 86_400


class Gateway(Protocol):
    """What is needed of ELB."""

    def look(self, memberships: Iterable[Membership]) -> dict[Membership, Seen]:
        """What each place shows."""
        ...


@dataclass(frozen=True, slots=True)
class Stuck:
    """One item of the table lists the storms, "service ARN|when it began|route"; each has one of its own.

    There stand its targets, "group ARN|id|port": a storm's may be too many for one item of all storms.
    """

    dynamodb: DynamoDBClient
    table: str

    def add(
        self,
        service_arn: str,
        first_at: int,
        left: Mapping[str, Iterable[str]],
        route: str | None,
        now: float,
    ) -> None:
        """``left``: group ARN -> targets as "id:port"."""
        places = [
            f"{group}|{target.rpartition(':')[0]}|{target.rpartition(':')[2]}"
            for group, targets in left.items()
            for target in targets
        ]
        storm = f"{service_arn}|{first_at}|{route or ''}"
        self._storms().add([storm])
        self._places(storm).add(places, now + _KEEP_S)

    def over(self, aws: Gateway, now: float) -> list[Alert]:
        """The ends of the storms that are over: all their targets are out, or it has been for hours."""
        ends = []
        for storm in self._storms().all():
            service_arn, first_at, route = storm.split("|", 2)
            seen = aws.look([_membership(text) for text in self._places(storm).all()])
            left = sum(state not in OUT_OF_ROTATION for state in seen.values())
            if not left or now - int(first_at) >= _LONGEST_S:
                ends.append(unstuck_alert(service_arn, int(first_at), left, now, route or None))
        return ends

    def forget(self, incidents: Iterable[str]) -> None:
        """People were told of the ends of these; what stood in their items expires."""
        over = set(incidents)
        self._storms().remove(s for s in self._storms().all() if _incident(s) in over)

    def _storms(self) -> Remembered:
        return Remembered(self.dynamodb, self.table, "open-storms")

    def _places(self, storm: str) -> Remembered:
        return Remembered(self.dynamodb, self.table, f"stuck#{_incident(storm)}")


def _incident(storm: str) -> str:
    service_arn, first_at, _ = storm.split("|", 2)
    return storm_incident(service_arn, int(first_at))


def _membership(text: str) -> Membership:
    group, target_id, port = text.split("|")
    return Membership(group, Target(target_id, int(port)), "")
