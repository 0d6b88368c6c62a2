"""How fast the account may be asked: token buckets, so that being throttled is the exception.

The quotas are the account's, and its deployments drink from the same buckets: the audit takes half of each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """How many requests at once, and how many a second after that."""

    burst: float
    per_second: float


# ECS: "Request throttling for the Amazon ECS API". ELB: "Request throttling for the Elastic Load Balancing
# API" (one bucket for every Describe). EC2: "Request throttling for the Amazon EC2 API" (a bucket an
# action). CloudWatch and Logs: their service quotas. What has no published rate gets the slowest of these.
_QUOTAS: Mapping[str, Quota] = {
    "ecs:ListClusters": Quota(50, 20),
    "ecs:DescribeClusters": Quota(50, 20),
    "ecs:ListServices": Quota(100, 20),
    "ecs:DescribeServices": Quota(100, 20),
    "ecs:DescribeTaskDefinition": Quota(50, 20),
    "ecs:DescribeCapacityProviders": Quota(50, 20),
    "ecs:ListAccountSettings": Quota(50, 20),
    "elasticloadbalancing": Quota(40, 10),
    "ec2": Quota(100, 20),
    "cloudwatch:GetMetricData": Quota(50, 50),
    "cloudwatch:DescribeAlarms": Quota(9, 9),
    "logs:DescribeLogGroups": Quota(10, 10),
}
_UNPUBLISHED = Quota(9, 9)
# Actions that share a bucket.
_BUCKETS = {
    "ecs:ListClusters": "ecs cluster read",
    "ecs:DescribeClusters": "ecs cluster read",
    "ecs:ListServices": "ecs service read",
    "ecs:DescribeServices": "ecs service read",
}
_SHARE = 0.5


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Pace:
    """Lets calls through one after another, as fast as half of the quotas allows. Threads may share it."""

    def __init__(
        self,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Start with full buckets."""
        self._clock = clock or time.monotonic
        self._sleep = sleep or time.sleep
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, action: str) -> None:
        """Return when the call may be made."""
        delay = self._reserve(action)
        if delay > 0:
            self._sleep(delay)

    def _reserve(self, action: str) -> float:
        service = action.partition(":")[0]
        quota = _QUOTAS.get(action) or _QUOTAS.get(service) or _UNPUBLISHED
        name = _BUCKETS.get(action) or (service if service in _QUOTAS else action)
        burst, rate = quota.burst * _SHARE, quota.per_second * _SHARE
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(name, _Bucket(burst, now))
            gained = max(now - bucket.filled_at, 0.0) * rate
            # Below zero are the tokens that others wait for already.
            bucket.tokens = min(burst, bucket.tokens + gained) - 1
            bucket.filled_at = max(bucket.filled_at, now)
            return max(-bucket.tokens / rate, 0.0)
