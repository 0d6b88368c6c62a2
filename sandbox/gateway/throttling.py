"""Token buckets: how many API requests AWS answers for an account in a Region.

Rates: "Request throttling for the Amazon ECS API", table of throttling quotas
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html), and "AWS Fargate
throttling quotas" (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html).
Operations that those pages do not list are not throttled.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import ApiError


@dataclass(frozen=True, slots=True)
class Quota:
    """A bucket's size, how fast it refills, and which operations drink from it."""

    burst: int
    per_second: float
    operations: frozenset[str]


def _quota(burst: int, per_second: float, operations: str) -> Quota:
    return Quota(burst, per_second, frozenset(operations.split()))


ECS_QUOTAS: Mapping[str, Quota] = {
    "cluster modify": _quota(
        20,
        1,
        "CreateCluster DeleteCluster PutClusterCapacityProviders UpdateCluster UpdateClusterSettings",
    ),
    "cluster read": _quota(50, 20, "DescribeClusters ListClusters"),
    "task definition modify": _quota(20, 1, "DeregisterTaskDefinition RegisterTaskDefinition"),
    "task definition read": _quota(
        50, 20, "DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies"
    ),
    "task definition deletion": _quota(5, 1, "DeleteTaskDefinitions"),
    "capacity provider modify": _quota(
        10, 1, "CreateCapacityProvider DeleteCapacityProvider UpdateCapacityProvider"
    ),
    "capacity provider read": _quota(50, 20, "DescribeCapacityProviders"),
    "tag modify": _quota(20, 10, "TagResource UntagResource"),
    "tag read": _quota(50, 20, "ListTagsForResource"),
    "setting modify": _quota(
        10, 1, "DeleteAccountSetting PutAccountSetting PutAccountSettingDefault"
    ),
    "setting read": _quota(50, 20, "ListAccountSettings"),
    "cluster resource modify": _quota(
        100,
        40,
        "DeleteAttributes DeregisterContainerInstance ExecuteCommand PutAttributes RunTask StartTask "
        "StopTask UpdateContainerAgent UpdateContainerInstancesState",
    ),
    "cluster resource read": _quota(
        100,
        20,
        "DescribeContainerInstances DescribeTasks ListAttributes ListContainerInstances ListTasks",
    ),
    "agent modify": _quota(
        200,
        120,
        "RegisterContainerInstance SubmitAttachmentStateChanges SubmitContainerStateChange "
        "SubmitTaskStateChange",
    ),
    "service modify": _quota(50, 5, "CreateService DeleteService UpdateService"),
    "service read": _quota(100, 20, "DescribeServices ListServices"),
    "service deployment": _quota(50, 20, "DescribeServiceDeployments ListServiceDeployments"),
    "service revision": _quota(50, 20, "DescribeServiceRevisions"),
    "task protection": _quota(200, 80, "UpdateTaskProtection GetTaskProtection"),
    "cluster service resource read": _quota(10, 1, "ListServicesByNamespace"),
}
# "CloudWatch service quotas" and "AWS Systems Manager endpoints and quotas" have a rate and no burst.
CLOUDWATCH_QUOTAS: Mapping[str, Quota] = {"describe alarms": _quota(9, 9, "DescribeAlarms")}
SSM_QUOTAS: Mapping[str, Quota] = {
    "get parameter": _quota(40, 40, "GetParameter GetParameters GetParametersByPath")
}
# "Handle AWS Cloud Map DiscoverInstances API request throttling"; for its other operations, and for EC2
# Auto Scaling, AWS publishes nothing.
CLOUD_MAP_QUOTAS: Mapping[str, Quota] = {
    "discover": _quota(2000, 1000, "DiscoverInstances DiscoverInstancesRevision")
}
PUBLISHED_QUOTAS: Mapping[str, Mapping[str, Quota]] = {
    "ecs": ECS_QUOTAS,
    "cloudwatch": CLOUDWATCH_QUOTAS,
    "ssm": SSM_QUOTAS,
    "servicediscovery": CLOUD_MAP_QUOTAS,
}
_RUN_TASK = frozenset({"RunTask"})
FARGATE_QUOTAS: Mapping[str, Quota] = {
    "RunTask calls": Quota(20, 20, _RUN_TASK),
    "On-Demand launches": Quota(100, 20, _RUN_TASK),
    "Spot launches": Quota(100, 20, _RUN_TASK),
}

_THROTTLED_AS = {
    "sqs": ("RequestThrottled", 403),
    "lambda": ("TooManyRequestsException", 429),
    "cloudwatch": ("Throttling", 400),
    "servicediscovery": ("RequestLimitExceeded", 503),
}


def throttled(service: str, protocol: str) -> ApiError:
    """The error with which a service turns a request away."""
    usual = ("Throttling", 400) if protocol in ("query", "ec2") else ("ThrottlingException", 400)
    code, status = _THROTTLED_AS.get(service, usual)
    return ApiError(code, "Rate exceeded", status)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Throttles:
    """The buckets of every account and Region. Threads may share it."""

    def __init__(
        self,
        quotas: Mapping[str, Mapping[str, Quota]] = PUBLISHED_QUOTAS,
        fargate: Mapping[str, Quota] | None = FARGATE_QUOTAS,
    ) -> None:
        """Start with full buckets."""
        self._groups = {
            (service, operation): (group, quota)
            for service, groups in quotas.items()
            for group, quota in groups.items()
            for operation in quota.operations
        }
        self._fargate = fargate
        self._buckets: dict[tuple[str, str, str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def admit(
        self,
        scope: tuple[str, str],
        call: tuple[str, str],
        parameters: Mapping[str, Any],
        now: float,
    ) -> bool:
        """Take the tokens for a (service, operation) in an (account, Region); False when it is empty.

        A request that is turned away takes nothing.
        """
        wanted: list[tuple[tuple[str, str, str, str], Quota, int]] = []
        if call in self._groups:
            group, quota = self._groups[call]
            wanted.append(((*scope, call[0], group), quota, 1))
        if self._fargate and call == ("ecs", "RunTask"):
            wanted += [
                ((*scope, "fargate", group), self._fargate[group], cost)
                for group, cost in _fargate_costs(parameters)
            ]
        with self._lock:
            buckets = [(self._filled(key, quota, now), cost) for key, quota, cost in wanted]
            if any(bucket.tokens < cost for bucket, cost in buckets):
                return False
            for bucket, cost in buckets:
                bucket.tokens -= cost
        return True

    def _filled(self, key: tuple[str, str, str, str], quota: Quota, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(quota.burst, now))
        gained = max(0.0, now - bucket.filled_at) * quota.per_second
        bucket.tokens = min(quota.burst, bucket.tokens + gained)
        bucket.filled_at = max(bucket.filled_at, now)
        return bucket


def _fargate_costs(parameters: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Each task takes a token, and so does the call."""
    strategy = parameters.get("capacityProviderStrategy") or ()
    providers = {item.get("capacityProvider") for item in strategy}
    on_demand = parameters.get("launchType") == "FARGATE" or "FARGATE" in providers
    if not on_demand and "FARGATE_SPOT" not in providers:
        return []
    launches = "On-Demand launches" if on_demand else "Spot launches"
    return [("RunTask calls", 1), (launches, int(parameters.get("count", 1)))]
