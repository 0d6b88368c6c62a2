"""How many tasks may be launched now, and whose: token buckets and fairness. Pure.

Fargate sustains 20 launches a second for on-demand and for Spot each (100 at once), and 20 calls of
RunTask a second: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html
All RunTask and StopTask calls share 40 a second (100 at once):
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import msgspec

from batch_jobs.brakes import most_of
from batch_jobs.rows import Buckets

FARGATE_CALLS, ALL_CALLS = "FARGATE_CALLS", "ALL_CALLS"
# bucket -> (how much it holds, how much flows in each second)
QUOTAS: dict[str, tuple[float, float]] = {
    "FARGATE": (100, 20),
    "FARGATE_SPOT": (100, 20),
    FARGATE_CALLS: (20, 20),
    ALL_CALLS: (100, 40),
}
_DRINKS_FROM = {
    "FARGATE": ("FARGATE", FARGATE_CALLS, ALL_CALLS),
    "FARGATE_SPOT": ("FARGATE_SPOT", FARGATE_CALLS, ALL_CALLS),
    "EC2": (ALL_CALLS,),
}


@dataclass(frozen=True, slots=True)
class Candidate[K: Hashable]:
    """Something that wants ``ready`` launches of a kind. ``served`` is when it last got one.

    ``scope`` is what a brake holds: the cluster and the capacity in it.
    """

    key: K
    job: str
    priority: int
    kind: str
    ready: int
    served: float = 0.0
    scope: str = ""


def filled(buckets: Buckets, now: float) -> Buckets:
    """The buckets as they are now."""
    gone = max(now - buckets.at, 0.0)
    levels = {
        name: min(buckets.levels.get(name, most) + gone * flow, most)
        for name, (most, flow) in QUOTAS.items()
    }
    return msgspec.structs.replace(buckets, at=max(now, buckets.at), levels=levels)


def share[K: Hashable](
    candidates: Sequence[Candidate[K]], buckets: Buckets, most: int
) -> tuple[dict[K, int], Buckets]:
    """How many launches each candidate gets, at most so many in all, and what is left in the buckets.

    The higher priority first; within one, the jobs take turns, and a job's runs, whoever waits longest.
    """
    hand = _Hand(dict(buckets.levels), most, most_of(buckets.brakes, buckets.at))
    shares: dict[K, int] = {}
    for priority in sorted({one.priority for one in candidates}, reverse=True):
        turns: dict[tuple[str, str, str], list[Candidate[K]]] = {}
        for one in sorted(candidates, key=lambda one: one.served):
            if one.priority == priority and one.ready > 0:
                turns.setdefault((one.job, one.kind, one.scope), []).append(one)
        while turns:
            turns = {turn: left for turn in turns if (left := _serve(turns[turn], shares, hand))}
    return shares, msgspec.structs.replace(buckets, levels=hand.levels)


@dataclass(slots=True)
class _Hand:
    levels: dict[str, float]
    most: int
    braked: dict[str, int]

    def give(self, kind: str, scope: str) -> bool:
        """Take a launch of a kind out of the buckets, if there is one."""
        names = _DRINKS_FROM[kind]
        if self.most < 1 or any(self.levels[name] < 1 for name in names):
            return False
        if self.braked.get(scope, 1) < 1:
            return False
        if scope in self.braked:
            self.braked[scope] -= 1
        self.most -= 1
        for name in names:
            self.levels[name] -= 1
        return True


def _serve[K: Hashable](
    waiting: list[Candidate[K]], shares: dict[K, int], hand: _Hand
) -> list[Candidate[K]]:
    """One launch for whoever is first of a job; who of it still waits, none when there is no more."""
    one, *others = waiting
    if not hand.give(one.kind, one.scope):
        return []
    shares[one.key] = shares.get(one.key, 0) + 1
    return [*others, one] if shares[one.key] < one.ready else others
