"""Whether to drain early what EC2 only recommends to leave.

A rebalance recommendation is a higher risk, no end: recommendations come in bulk, and many instances
are never interrupted. So an instance is drained early only where its tasks have room elsewhere, and only
a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Of a cluster's instances, at most so many are being drained at a time; one always may be.
_SHARE = 10


def worth_draining(
    candidates: Sequence[str], instances: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Those of the candidates (ARNs) to drain now, from all container instances of their cluster."""
    known = {each["containerInstanceArn"]: each for each in instances}
    draining = sum(each.get("status") == "DRAINING" for each in known.values())
    budget = max(1, len(known) // _SHARE) - draining
    room = {"CPU": 0, "MEMORY": 0}
    for arn, each in known.items():
        if each.get("status") == "ACTIVE" and each.get("agentConnected") and arn not in candidates:
            for name, amount in _amounts(each, "remainingResources").items():
                room[name] = room.get(name, 0) + amount
    chosen: list[str] = []
    for arn in sorted(candidates):
        each = known.get(arn, {})
        if len(chosen) >= budget or each.get("status") != "ACTIVE":
            continue
        taken = _taken(each)
        if all(taken[name] <= room.get(name, 0) for name in taken):
            chosen.append(arn)
            room = {name: amount - taken.get(name, 0) for name, amount in room.items()}
    return tuple(chosen)


def _taken(instance: Mapping[str, Any]) -> dict[str, int]:
    left = _amounts(instance, "remainingResources")
    whole = _amounts(instance, "registeredResources")
    return {name: amount - left.get(name, 0) for name, amount in whole.items()}


def _amounts(instance: Mapping[str, Any], member: str) -> dict[str, int]:
    return {
        each["name"]: int(each.get("integerValue", 0))
        for each in instance.get(member) or ()
        if each.get("name") in ("CPU", "MEMORY")
    }
