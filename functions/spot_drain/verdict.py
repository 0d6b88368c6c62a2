"""Who took a task out of its target groups: ECS by itself, this toolkit, or nobody yet.

ECS has deregistered interrupted Fargate Spot tasks since 2023-02-13, and at least once it stopped
doing so for weeks (aws/containers-roadmap#2673). So each target is looked at twice: when we come, and
a few seconds later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ecsops.addresses import IPV6, canonical
from spot_drain.targets import Target


class Seen(StrEnum):
    """What a look at a target showed."""

    REGISTERED = "registered"  # may still get new requests
    LEAVING = "leaving"  # draining: gets no new requests
    ABSENT = "absent"  # not registered in this group (any more, or never was)
    GONE = "gone"  # the whole group was deleted
    UNKNOWN = "unknown"  # the look failed


class Verdict(StrEnum):
    """How the draining of a task ended."""

    NATIVE = "native"
    BACKSTOP = "backstop"
    UNATTRIBUTED = "unattributed"
    STUCK = "stuck"
    ABSENT = "absent"


OUT_OF_ROTATION = frozenset({Seen.LEAVING, Seen.ABSENT, Seen.GONE})


@dataclass(frozen=True, slots=True)
class Looks:
    """The first and the second look at one target."""

    first: Seen
    second: Seen


def seen_in(
    descriptions: Iterable[Mapping[str, Any]], targets: Iterable[Target]
) -> dict[Target, Seen]:
    """What DescribeTargetHealth's descriptions say of the targets that were asked for."""
    found = {
        _same_form(Target(item["Target"]["Id"], item["Target"].get("Port", 0))): _seen(
            item["TargetHealth"]
        )
        for item in descriptions
    }
    return {target: found.get(_same_form(target), Seen.ABSENT) for target in targets}


def judge(looks: Iterable[Looks]) -> Verdict | None:
    """The verdict on a task from the looks at all its targets; None if it has no targets.

    A task of a blue/green service is registered in one of two groups: that it is absent from the
    other says nothing. One that is absent from all was not registered yet, is out since long, or was
    looked for in the wrong place: no proof that ECS did anything. One target that is still registered
    outweighs all others.
    """
    pairs = list(looks)
    if not pairs:
        return None
    if any(pair.second not in OUT_OF_ROTATION for pair in pairs):
        return Verdict.STUCK
    firsts = {pair.first for pair in pairs}
    if Seen.REGISTERED in firsts:
        return Verdict.BACKSTOP
    # It was registered only while we looked: then our own call may have taken it out.
    came = any(p.first is not Seen.LEAVING and p.second is Seen.LEAVING for p in pairs)
    if Seen.UNKNOWN in firsts or came:
        return Verdict.UNATTRIBUTED
    return Verdict.NATIVE if Seen.LEAVING in firsts else Verdict.ABSENT


def _same_form(target: Target) -> Target:
    # An IPv6 address can be written in several ways.
    if not target.is_ipv6:
        return target
    return Target(canonical(target.id, IPV6) or target.id, target.port)


def _seen(health: Mapping[str, Any]) -> Seen:
    match health.get("State"), health.get("Reason"):
        case "draining", _:
            return Seen.LEAVING
        case "unused", "Target.NotRegistered":
            return Seen.ABSENT
        case _:
            # Unhealthy and unused targets count as registered: a load balancer whose targets are
            # all unhealthy sends requests to every one of them (fail open), and an unused group is
            # one listener rule away from being used.
            return Seen.REGISTERED
