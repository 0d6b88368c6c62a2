"""A storm: the interruptions of one service that come together, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecsops.arns import parse_arn
from spot_drain.verdict import Verdict

CAPABILITY = "spot_drain"
# The tally's sets of tasks by zone, capacity provider and size. An item holds 400 KB: ids are short.
PLACE = "at|"
SHORT_ID = 12
# A storm is over when nothing has been added for this long, or it is told in instalments.
QUIET_S = 40
INSTALMENT_S = 300


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a service's storm. Task ids by verdict; times in epoch seconds.

    ``plain`` tasks had no target group to leave, ``absent`` ones were in none of theirs, ``would``
    are tasks that a dry run left alone, ``moved`` were stopped by ECS in order before it came to
    that. ``places``: short task ids and the seconds that were left, by place; ``in_flight``: short
    ids of tasks whose connections still drained at the second look.
    """

    service_arn: str
    first_at: int
    last_at: int
    native: frozenset[str] = frozenset()
    backstop: frozenset[str] = frozenset()
    unattributed: frozenset[str] = frozenset()
    stuck: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    would: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    in_flight: frozenset[str] = frozenset()
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)
    groups: frozenset[str] = field(default=frozenset())
    notes: frozenset[str] = field(default=frozenset())
    routes: frozenset[str] = field(default=frozenset())

    @property
    def tasks(self) -> frozenset[str]:
        """Every interrupted task of the storm."""
        return (
            self.native
            | self.backstop
            | self.unattributed
            | self.stuck
            | self.moved
            | self.absent
            | self.plain
            | self.would
        )

    @property
    def incident(self) -> str:
        """The key under which everything about this storm is told."""
        return storm_incident(self.service_arn, self.first_at)

    @property
    def route(self) -> str | None:
        """Who should be told; whichever sorts first, should the tag have changed within a storm."""
        return min(self.routes, default=None)

    def is_over(self, now: float) -> bool:
        """Whether it is time to tell: it has gone quiet, or has lasted for an instalment."""
        return now - self.last_at >= QUIET_S or now - self.first_at >= INSTALMENT_S


NAMES: dict[Verdict, str] = {
    Verdict.NATIVE: "native",
    Verdict.BACKSTOP: "backstop",
    Verdict.UNATTRIBUTED: "unattributed",
    Verdict.STUCK: "stuck",
    Verdict.ABSENT: "absent",
}


def storm_incident(service_arn: str, first_at: int) -> str:
    """The key under which everything about a storm is told."""
    return f"{CAPABILITY}/{service_arn}/{first_at}"


def names_of(service_arn: str) -> tuple[str, str]:
    """Its cluster's name, and its own."""
    arn = parse_arn(service_arn)
    return arn.cluster or "default", arn.name
