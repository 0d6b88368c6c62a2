"""How many places become few ELB calls, and what the calls' answers say of each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ecsops.errors import CallFailed, TargetGroupGone, TargetRefused
from ecsops.parallel import chunks
from spot_drain.targets import Membership
from spot_drain.verdict import Seen

_TARGETS_PER_CALL = 100


@dataclass(frozen=True, slots=True)
class Call:
    """Places of one target group and one address family."""

    group_arn: str
    is_ipv6: bool
    places: tuple[Membership, ...]


def calls_for(memberships: Iterable[Membership]) -> list[Call]:
    """Group by target group and address family, 100 targets a call, in a stable order.

    A group takes addresses of one family only and refuses a call with one of the other: the
    families go separately, so that a refusal of one cannot hold up the other.
    """
    groups: dict[tuple[str, bool], list[Membership]] = {}
    for membership in sorted(set(memberships)):
        groups.setdefault((membership.group_arn, membership.target.is_ipv6), []).append(membership)
    return [
        Call(group, is_ipv6, tuple(part))
        for (group, is_ipv6), items in groups.items()
        for part in chunks(items, _TARGETS_PER_CALL)
    ]


def benign(asked: Sequence[Call], answers: Sequence[Any]) -> set[Call]:
    """The failed calls whose targets cannot be in the group.

    Because the group is gone, or because it takes the other family: it refuses this one and has
    just answered for the other.
    """
    answered = {
        (call.group_arn, call.is_ipv6)
        for call, answer in zip(asked, answers, strict=True)
        if not isinstance(answer, Exception)
    }
    return {
        call
        for call, answer in zip(asked, answers, strict=True)
        if isinstance(answer, TargetGroupGone)
        or (isinstance(answer, TargetRefused) and (call.group_arn, not call.is_ipv6) in answered)
    }


def seen_by_membership(asked: Sequence[Call], answers: Sequence[Any]) -> dict[Membership, Seen]:
    """What each place shows; UNKNOWN where the look failed, GONE where the group is no more."""
    harmless = benign(asked, answers)
    seen: dict[Membership, Seen] = {}
    for call, answer in zip(asked, answers, strict=True):
        if isinstance(answer, TargetGroupGone):
            seen |= dict.fromkeys(call.places, Seen.GONE)
        elif isinstance(answer, CallFailed):
            seen |= dict.fromkeys(call.places, Seen.ABSENT if call in harmless else Seen.UNKNOWN)
        elif isinstance(answer, Exception):
            # Whatever is no failed AWS call is a fault of ours: it must not pass for an answer.
            raise answer
        else:
            seen |= {place: answer[place.target] for place in call.places}
    return seen
