"""Log lines and metrics: what the passes found, for people and dashboards."""

from __future__ import annotations

from collections.abc import Mapping

from ecsops import observability
from ecsops.arns import parse_arn
from ecsops.observability import MetricUnit, count, logger
from spot_drain.departure import Pass
from spot_drain.storm import PLACE, SHORT_ID
from spot_drain.tally import Added
from spot_drain.verification import Findings


def tell_pass(outcome: Pass, now: float) -> None:
    """Log lines and metrics of a first pass."""
    for one in outcome.done:
        logger.info(
            "task drained", cluster=one.cluster_arn, service=one.service_name, task=one.task_arn
        )
        left = one.seconds_left(now)
        if left is not None:
            observability.measure("SecondsLeft", MetricUnit.Seconds, left)
    for one, error in outcome.failed.items():
        logger.error(
            "task not drained",
            cluster=one.cluster_arn,
            service=one.service_name,
            task=one.task_arn,
            reason=str(error),
        )
    tell_unlisted(outcome)
    for group in sorted(outcome.gone):
        logger.error(
            "target group does not exist",
            path="loadBalancers[].targetGroupArn",
            target_group=group,
        )
    for service in outcome.services.values():
        for note in service.notes:
            logger.warning("something to know", service=service.arn, reason=note)
    for name, number in (
        # Those of services are counted where each task is counted once: with its verdict.
        ("InterruptedTasks", len(outcome.standalone)),
        ("StandaloneInterrupted", len(outcome.standalone)),
        ("DrainedTasks", len(outcome.done)),
        ("StaleEvents", len(outcome.stale)),
        ("DrainedTooLate", len(outcome.missed)),
        ("ServiceGone", len(outcome.orphaned)),
        ("TargetGroupGone", len(outcome.gone)),
        ("TargetGroupHeldBack", len(outcome.held_back)),
        ("DrainFailed", len(outcome.failed)),
        ("SwitchedOff", len(outcome.switched_off)),
    ):
        if number:
            count(name, number)


def tell_unlisted(outcome: Pass) -> None:
    """Tasks that Cloud Map still names."""
    for entry, error in outcome.unlisted.items():
        logger.error(
            "task still in Cloud Map",
            registry=entry.registry_arn,
            task=entry.instance_id,
            reason=str(error),
        )
    if outcome.unlisted:
        count("RegistryFailed", len(outcome.unlisted))


def tell_unverified(findings: Findings) -> None:
    """Log lines for the tasks of which nothing can be said yet."""
    for task_arn, error in findings.failed.items():
        logger.error("task not verified", task=task_arn, reason=str(error))


def measure_verdicts(
    service_arn: str, added: Added, additions: Mapping[str, frozenset[str]]
) -> None:
    """Count the verdicts, and the tasks, that nobody has counted yet; those by place too."""
    arn = parse_arn(service_arn)
    dimensions = {"Cluster": arn.cluster or "default", "Service": arn.name}
    new = added.new
    if added.tasks:
        count("InterruptedTasks", len(added.tasks))
    short = {task[:SHORT_ID] for task in added.tasks}
    for name, texts in additions.items():
        if name.startswith(PLACE):
            zone, provider, _ = (*name.removeprefix(PLACE).split("|"), "", "")[:3]
            here = sum(text.partition(":")[0] in short for text in texts)
            where = {"Zone": zone or "unknown", "CapacityProvider": provider or "none"}
            if here:
                count("Interruptions", here, **dimensions, **where)
    if new.get("stuck"):
        count("StillRegisteredTasks", len(new["stuck"]))
    for name, metric in (
        ("native", "NativeDeregistered"),
        ("backstop", "BackstopDeregistered"),
        ("stuck", "StillRegistered"),
    ):
        if new.get(name):
            count(metric, len(new[name]), **dimensions)
