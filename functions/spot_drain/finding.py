"""From EC2 instance ids to container instances that are DRAINING."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecsops.errors import CALL_ERRORS, CallFailed
from ecsops.observability import count, logger
from spot_drain.instances import Instances, Search, no_longer_there
from spot_drain.whereabouts import Found


@dataclass(slots=True)
class Drained:
    """``refused``: left alone because their owner says so. ``failed``: instance id -> why not yet."""

    instances: list[Found]
    refused: set[str]
    failed: dict[str, CallFailed]


def find(instances: Instances, ids: set[str]) -> Search:
    """From the table's memory, and from all clusters what it does not know."""
    try:
        remembered = instances.whereabouts.remembered(sorted(ids))
    except CALL_ERRORS as problem:
        logger.warning("instances not remembered", reason=str(problem))
        remembered = []
    search = instances.search(ids - {each.instance_id for each in remembered})
    search.found = remembered + search.found
    for instance_id, error in search.failed.items():
        logger.error("instance not found", instance=instance_id, reason=str(error))
    if search.unknown:
        count("InstancesOfNoCluster", len(search.unknown))
    return search


def drain(instances: Instances, found: Sequence[Found]) -> Drained:
    """Set to DRAINING; what is not where it was remembered is looked for in all clusters."""
    outcome = instances.drain(found)
    everything = {each.arn: each for each in found}
    moved_away = [each for each in found if no_longer_there(outcome.get(each.arn))]
    failed: dict[str, CallFailed] = {}
    if moved_away:
        search = instances.search(each.instance_id for each in moved_away)
        failed |= search.failed
        everything |= {each.arn: each for each in search.found}
        outcome |= instances.drain(search.found)
    refused: set[str] = set()
    for arn, problem in outcome.items():
        if problem is None or no_longer_there(problem):
            continue
        logger.error("instance not drained", instance=arn, reason=str(problem))
        if "explicit deny" in str(problem):
            refused.add(everything[arn].instance_id)
        else:
            failed[everything[arn].instance_id] = problem
    drained = [everything[arn] for arn, problem in outcome.items() if problem is None]
    for name, number in (("InstancesDrained", len(drained)), ("InstancesHeldBack", len(refused))):
        if number:
            count(name, number)
    return Drained(drained, refused, failed)
