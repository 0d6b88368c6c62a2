"""The first pass: from what Spot announces to targets that get no new requests.

One interruption costs two round trips when nothing is remembered (DescribeServices, then all looks
and deregistrations side by side) and one when it is. What happens next if a call fails for good: its
tasks' messages go back to the queue, and the verification, which is scheduled all the same, tries
again a few seconds later. If the process dies anywhere, every message comes back; all of it can be
done twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ecsops.errors import CallFailed, InvalidMessage
from spot_drain.aws import ServiceKey
from spot_drain.departure import Pass, leave_groups, leave_registries, note_refusals
from spot_drain.interruption import Interruption
from spot_drain.targets import Service
from spot_drain.trust import STOPPED, as_described

if TYPE_CHECKING:
    from spot_drain.gateway import Gateway


def drain(interruptions: Sequence[Interruption], aws: Gateway, *, now: float) -> Pass:
    """Take every interrupted task out of every group it may be registered in."""
    outcome = Pass()
    current, dead = _trusted(interruptions, aws, outcome, now)
    if dead:
        known_dead = _services_of(dead, aws, outcome, now)
        outcome.missed += [(o, s) for o, s in known_dead if s.mode == "on" and s.registrations]
    behind = _services_of(current, aws, outcome, now)
    leave_groups(behind, aws, outcome, now)
    leave_registries(behind, aws, outcome)
    note_refusals(behind, aws, outcome)
    outcome.done = outcome.succeeded(behind)
    return outcome


def _trusted(
    interruptions: Iterable[Interruption], aws: Gateway, outcome: Pass, now: float
) -> tuple[list[Interruption], list[Interruption]]:
    """Those still alive: young events are believed, for the others ECS is asked.

    And those that stopped while we tried: an earlier try for them did not succeed.
    """
    trusted: list[Interruption] = []
    doubtful: list[Interruption] = []
    dead: list[Interruption] = []
    for one in interruptions:
        if one.service_name is None:
            outcome.standalone.append(one)
        elif one.service_name and one.is_fresh(now) and (one.ipv4 or one.ipv6):
            trusted.append(one)
        else:
            doubtful.append(one)
    by_cluster: dict[str, list[str]] = {}
    for one in doubtful:
        by_cluster.setdefault(one.cluster_arn, []).append(one.task_arn)
    fresh = aws.tasks(by_cluster) if doubtful else {}
    alive: list[Interruption] = []
    for one in doubtful:
        task = fresh.get(one.task_arn)
        if isinstance(task, CallFailed):
            outcome.failed[one] = task
        elif task is None or task.get("lastStatus") in STOPPED:
            (dead if one.retried else outcome.stale).append(one)
        else:
            known = as_described(one, task, now)
            (alive if known.service_name else outcome.standalone).append(known)
    return trusted + _with_instances(alive, aws, outcome), dead


def _with_instances(
    tasks: Sequence[Interruption], aws: Gateway, outcome: Pass
) -> list[Interruption]:
    """Tasks without an interface of their own are known by their instance and its ports."""
    by_cluster: dict[str, list[str]] = {}
    for one in tasks:
        if one.instance_arn and not one.has_address:
            by_cluster.setdefault(one.cluster_arn, []).append(one.instance_arn)
    ids = aws.instance_ids(by_cluster) if by_cluster else {}
    known = []
    for one in tasks:
        instance_id = ids.get(one.instance_arn, "")
        if isinstance(instance_id, CallFailed):
            outcome.failed[one] = instance_id
        else:
            known.append(replace(one, instance_id=one.instance_id or instance_id))
    return known


def _services_of(
    interruptions: Sequence[Interruption], aws: Gateway, outcome: Pass, now: float
) -> list[tuple[Interruption, Service]]:
    """Each interruption with its service; those whose service is gone or switched off drop out."""
    services = aws.services({_key(one) for one in interruptions}, now=now)
    behind = []
    for one in interruptions:
        service = services.get(_key(one))
        if isinstance(service, CallFailed):
            outcome.failed[one] = service
        elif service is None:
            outcome.orphaned.append(one)
        elif service.mode == "off":
            outcome.switched_off.append(one)
        elif service.registrations and not one.has_address:
            outcome.failed[one] = InvalidMessage(
                "$.detail.attachments",
                f"no network interface with an address, and service {service.name} has target groups",
            )
        else:
            outcome.services[service.arn] = service
            behind.append((one, service))
    return behind


def _key(one: Interruption) -> ServiceKey:
    return ServiceKey(one.cluster_arn, one.service_name or "", one.started_by)
