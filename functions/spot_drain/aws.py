"""What draining reads from and does to ECS and ELB, in as few round trips as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsops.errors import (
    CallFailed,
    refusals,
)
from ecsops.parallel import chunks, run_all
from spot_drain.answers import called, raised
from spot_drain.balancers import Balancers
from spot_drain.targets import Entry, Membership, Service, service_from
from spot_drain.verdict import Seen

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

    from spot_drain.registries import Registries

_TASKS_PER_CALL = 100
_INSTANCES_PER_CALL = 100
_SERVICES_PER_CALL = 10
_REVISIONS_PER_CALL = 20
# How long a service's target groups are remembered. A deployment changes the key (its id is in the
# task's startedBy), so only an out-of-band change waits for this.
_REMEMBER_S = 60
_MAX_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A service as a task's event names it; ``started_by`` is the deployment or task set."""

    cluster_arn: str
    name: str
    started_by: str


@dataclass(frozen=True, slots=True)
class Aws:
    """The gateway. ``remembered`` lives as long as the function's process; calls take time."""

    ecs: ECSClient
    elbv2: ElasticLoadBalancingv2Client
    stack_mode: str
    clock: Callable[[], float]
    remembered: dict[ServiceKey, tuple[float, Service]] = field(default_factory=dict)
    registries: list[Registries] = field(default_factory=list)

    def time_since(self, now: float) -> float:
        """How long the calls since ``now`` have taken."""
        return max(0.0, self.clock() - now)

    def tasks(
        self, by_cluster: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, Any] | CallFailed]:
        """Fresh descriptions by task ARN; a task that ECS no longer knows is left out."""
        asked = [
            (cluster, part)
            for cluster, arns in by_cluster.items()
            for part in chunks(arns, _TASKS_PER_CALL)
        ]
        answers = run_all([lambda c=c, p=p: self._tasks(c, p) for c, p in asked])  # type: ignore[misc]
        found: dict[str, dict[str, Any] | CallFailed] = {}
        for (_, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                found |= dict.fromkeys(part, answer)
            else:
                found |= raised(answer)
        return found

    def services(
        self, keys: Iterable[ServiceKey], *, now: float
    ) -> dict[ServiceKey, Service | CallFailed]:
        """Services by key, from memory where it is recent; one that ECS does not know is left out."""
        wanted = set(keys)
        known = {
            key: self.remembered[key][1]
            for key in wanted
            if key in self.remembered and now - self.remembered[key][0] < _REMEMBER_S
        }
        asked = [
            (cluster, part)
            for cluster, names in _by_cluster(wanted - known.keys()).items()
            for part in chunks(sorted(names), _SERVICES_PER_CALL)
        ]
        answers = run_all([lambda c=c, p=p: self._services(c, p) for c, p in asked])  # type: ignore[misc]
        found: dict[tuple[str, str], Service | CallFailed] = {}
        for (cluster, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                found |= dict.fromkeys(((cluster, name) for name in part), answer)
            else:
                found |= {(cluster, name): service for name, service in raised(answer).items()}
        if len(self.remembered) > _MAX_REMEMBERED:
            self.remembered.clear()
        for key in wanted - known.keys():
            service = found.get((key.cluster_arn, key.name))
            if isinstance(service, Service):
                self.remembered[key] = (now, service)
        return known | {
            key: found[key.cluster_arn, key.name]
            for key in wanted - known.keys()
            if (key.cluster_arn, key.name) in found
        }

    def instance_ids(self, by_cluster: Mapping[str, Sequence[str]]) -> dict[str, str | CallFailed]:
        """EC2 instance ids by container instance ARN; one that ECS does not know is left out."""
        asked = [
            (cluster, part)
            for cluster, arns in by_cluster.items()
            for part in chunks(sorted(set(arns)), _INSTANCES_PER_CALL)
        ]
        answers = run_all([lambda c=c, p=p: self._instances(c, p) for c, p in asked])  # type: ignore[misc]
        found: dict[str, str | CallFailed] = {}
        for (_, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                found |= dict.fromkeys(part, answer)
            else:
                found |= {
                    item["containerInstanceArn"]: item["ec2InstanceId"]
                    for item in raised(answer)
                    if item.get("ec2InstanceId")
                }
        return found

    def leave_registries(self, entries: Iterable[Entry]) -> dict[Entry, CallFailed]:
        """Take tasks out of Cloud Map; those with which that failed."""
        # Its client is made when the first service with a registry comes along, not at every start.
        from spot_drain.registries import Registries

        if not self.registries:
            self.registries.append(Registries())
        return self.registries[0].leave(entries)

    def refused_registries(self) -> AbstractSet[str]:
        """The Cloud Map services that the role may not touch, as far as this process knows."""
        return self.registries[0].refused if self.registries else set()

    def rolling_out(self, services: Iterable[Service]) -> dict[str, Service | CallFailed]:
        """Services in the middle of a deployment, by ARN, with the groups of their revisions added."""
        rolling = {service.arn: service for service in services if service.revisions}
        arns = sorted({arn for service in rolling.values() for arn in service.revisions})
        parts = chunks(arns, _REVISIONS_PER_CALL)
        answers = run_all([lambda p=p: self._revisions(p) for p in parts])  # type: ignore[misc]
        failed: dict[str, CallFailed] = {}
        revisions: list[Any] = []
        for part, answer in zip(parts, answers, strict=True):
            if isinstance(answer, CallFailed):
                failed |= dict.fromkeys(part, answer)
            else:
                revisions += raised(answer)
        return {
            arn: next(
                (failed[revision] for revision in service.revisions if revision in failed),
                service.with_revisions(revisions),
            )
            for arn, service in rolling.items()
        }

    def look(self, memberships: Iterable[Membership]) -> dict[Membership, Seen]:
        """What each place shows; UNKNOWN where the look failed, GONE where the group is no more."""
        return Balancers(self.elbv2).look(memberships)

    def look_and_deregister(
        self, memberships: Iterable[Membership]
    ) -> tuple[dict[Membership, Seen], dict[Membership, CallFailed]]:
        """Look and take out at once; what was seen, and where that failed."""
        return Balancers(self.elbv2).look_and_deregister(memberships)

    def _tasks(self, cluster: str, arns: Sequence[str]) -> dict[str, dict[str, Any] | CallFailed]:
        operation = "DescribeTasks"
        answer = called(
            operation, lambda: self.ecs.describe_tasks(cluster=cluster, tasks=list(arns))
        )
        return {t["taskArn"]: t for t in answer["tasks"]} | refusals(operation, answer)

    def _instances(self, cluster: str, arns: Sequence[str]) -> list[Any]:
        answer = called(
            "DescribeContainerInstances",
            lambda: self.ecs.describe_container_instances(
                cluster=cluster, containerInstances=list(arns)
            ),
        )
        instances: list[Any] = answer["containerInstances"]
        return instances

    def _services(self, cluster: str, names: Sequence[str]) -> dict[str, Service | CallFailed]:
        operation = "DescribeServices"
        answer = called(
            operation,
            lambda: self.ecs.describe_services(
                cluster=cluster, services=list(names), include=["TAGS"]
            ),
        )
        known = [service_from(service, self.stack_mode) for service in answer["services"]]
        refused = refusals(operation, answer)
        return {one.name: one for one in known} | {
            arn.rpartition("/")[2]: error for arn, error in refused.items()
        }

    def _revisions(self, arns: Sequence[str]) -> list[Any]:
        answer = called(
            "DescribeServiceRevisions",
            lambda: self.ecs.describe_service_revisions(serviceRevisionArns=list(arns)),
        )
        revisions: list[Any] = answer["serviceRevisions"]
        return revisions


def _by_cluster(keys: Iterable[ServiceKey]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for key in keys:
        names.setdefault(key.cluster_arn, set()).add(key.name)
    return names
