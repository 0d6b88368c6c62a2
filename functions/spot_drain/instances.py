"""Container instances: which cluster an EC2 instance is in, and draining it.

Where an instance was registered last is remembered (``whereabouts``). A memory that proves wrong is no
harm: ECS answers that it does not know the instance there, and all clusters are searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsops.errors import CallFailed
from ecsops.parallel import chunks, run_all
from spot_drain.answers import called, pages, raised
from spot_drain.whereabouts import Found, Whereabouts, found_in

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_PER_UPDATE = 10
_PER_DESCRIBE = 100
_PER_FILTER = 50
_NO_LONGER_THERE = frozenset({"MISSING", "INACTIVE"})


@dataclass(slots=True)
class Search:
    """What was found; the instances that no cluster knows; those of which that is not certain."""

    found: list[Found] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    failed: dict[str, CallFailed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instances:
    """The gateway to those of every cluster of the account and Region."""

    ecs: ECSClient
    whereabouts: Whereabouts

    def search(self, ids: Iterable[str]) -> Search:
        """Ask every cluster of the account and Region, side by side, for many instances at a time."""
        wanted = sorted(set(ids))
        result = Search()
        if not wanted:
            return result
        try:
            clusters = pages(
                lambda **page: self.ecs.list_clusters(**page),  # noqa: PLW0108  read by build_tools/needs.py
                "ListClusters",
                "clusterArns",
            )
        except CallFailed as error:
            result.failed = dict.fromkeys(wanted, error)
            return result
        asked = [(cluster, part) for cluster in clusters for part in chunks(wanted, _PER_FILTER)]
        answers = run_all([lambda c=c, p=p: self._in_cluster(c, p) for c, p in asked])  # type: ignore[misc]
        uncertain: dict[str, CallFailed] = {}
        for (_, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                uncertain |= dict.fromkeys(part, answer)
            else:
                result.found += raised(answer)
        known = {found.instance_id for found in result.found}
        result.failed = {each: error for each, error in uncertain.items() if each not in known}
        result.unknown = set(wanted) - known - result.failed.keys()
        return result

    def drain(self, instances: Sequence[Found]) -> dict[str, CallFailed | None]:
        """Set to DRAINING, ten at a time; by ARN: None if it is, else why not.

        A refusal by IAM concerns the whole call: then each is tried alone, so that one instance
        whose owner wants it left alone does not keep nine others from being drained.
        """
        asked = [
            part for same in by_cluster(instances).values() for part in chunks(same, _PER_UPDATE)
        ]
        answers = run_all([lambda part=part: self._drain(part) for part in asked])  # type: ignore[misc]
        outcome: dict[str, CallFailed | None] = {}
        alone: list[Found] = []
        for part, answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                if "AccessDenied" in answer.code and len(part) > 1:
                    alone += part
                else:
                    outcome |= dict.fromkeys((found.arn for found in part), answer)
            else:
                outcome |= raised(answer)
        singles = run_all([lambda one=one: self._drain([one]) for one in alone])  # type: ignore[misc]
        for found, answer in zip(alone, singles, strict=True):
            if isinstance(answer, CallFailed):
                outcome[found.arn] = answer
            else:
                outcome |= raised(answer)
        return outcome

    def worth_draining(self, candidates: Sequence[Found]) -> list[Found]:
        """Those whose tasks have room elsewhere, a few of each cluster."""
        from spot_drain.rebalance import worth_draining

        chosen: list[Found] = []
        for cluster, same in by_cluster(candidates).items():
            arns = pages(
                lambda **page: self.ecs.list_container_instances(**page),  # noqa: PLW0108  read by build_tools/needs.py
                "ListContainerInstances",
                "containerInstanceArns",
                cluster=cluster,
            )
            shapes = [
                s for part in chunks(arns, _PER_DESCRIBE) for s in self._shapes(cluster, part)
            ]
            worth = worth_draining([found.arn for found in same], shapes)
            chosen += [found for found in same if found.arn in worth]
        return chosen

    def _in_cluster(self, cluster: str, ids: Sequence[str]) -> list[Found]:
        quoted = ",".join(f"'{each}'" for each in ids)
        arns = pages(
            lambda **page: self.ecs.list_container_instances(**page),  # noqa: PLW0108  read by build_tools/needs.py
            "ListContainerInstances",
            "containerInstanceArns",
            cluster=cluster,
            filter=f"ec2InstanceId in [{quoted}]",
        )
        return [
            found_in(cluster, shape)
            for part in chunks(arns, _PER_DESCRIBE)
            for shape in self._shapes(cluster, part)
        ]

    def _shapes(self, cluster: str, arns: Sequence[str]) -> list[Any]:
        answer = called(
            "DescribeContainerInstances",
            lambda: self.ecs.describe_container_instances(
                cluster=cluster, containerInstances=list(arns)
            ),
        )
        shapes: list[Any] = answer["containerInstances"]
        return shapes

    def _drain(self, part: Sequence[Found]) -> dict[str, CallFailed | None]:
        operation = "UpdateContainerInstancesState"
        answer = called(
            operation,
            lambda: self.ecs.update_container_instances_state(
                cluster=part[0].cluster_arn,
                containerInstances=[found.arn for found in part],
                status="DRAINING",
            ),
        )
        reasons = {each.get("arn", ""): each.get("reason", "") for each in answer["failures"]}
        return {
            found.arn: CallFailed(operation, reasons[found.arn], found.arn)
            if found.arn in reasons
            else None
            for found in part
        }


def no_longer_there(problem: CallFailed | None) -> bool:
    """Whether ECS says that the instance is not, or not any more, registered there."""
    return problem is not None and problem.code in _NO_LONGER_THERE


def by_cluster(instances: Iterable[Found]) -> dict[str, list[Found]]:
    """Instances by the ARN of their cluster."""
    same: dict[str, list[Found]] = {}
    for found in instances:
        same.setdefault(found.cluster_arn, []).append(found)
    return same
