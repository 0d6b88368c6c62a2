"""What a tick changes: desired counts, scalable targets, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import chunks
from queue_scaling.configuration import ServiceConfig
from queue_scaling.managed import NAMESPACE, OWNED, POLICY, Call, Register

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_METRICS_PER_CALL = 1000
_ABSENT, _INVALID = "ObjectNotFoundException", "ValidationException"
_DENIED = "AccessDeniedException"
_NOT_OURS = (
    "the service has a scalable target that is not the toolkit's: deregister it, "
    "or tag it ecs-ops:managed-by=queue-scaling"
)


@dataclass(frozen=True, slots=True)
class Datapoint:
    """One value of one service's metric; ``resolution`` is 1 or 60 seconds."""

    name: str
    cluster: str
    service: str
    value: float
    at: float
    resolution: int = 60


@dataclass(frozen=True, slots=True)
class Actuator:
    """The writing half of the gateway."""

    ecs: ECSClient
    cloudwatch: Any
    autoscaling: Callable[[], Any] = field(repr=False)

    def scale(self, config: ServiceConfig, count: int) -> None:
        """Set the desired count."""
        try:
            self.ecs.update_service(cluster=config.cluster, service=config.name, desiredCount=count)
        except (ClientError, BotoCoreError) as error:
            raise call_failed("UpdateService", error) from error

    def manage(self, config: ServiceConfig, call: Call) -> None:
        """One call to Application Auto Scaling."""
        if isinstance(call, Register):
            self._register(config, call)
        else:
            application_autoscaling = self.autoscaling()
            _made(
                "PutScalingPolicy",
                lambda: application_autoscaling.put_scaling_policy(
                    **_scalable(config.resource_id),
                    PolicyName=POLICY,
                    PolicyType="TargetTrackingScaling",
                    TargetTrackingScalingPolicyConfiguration=call.configuration,
                ),
            )

    def release(self, resource_id: str) -> None:
        """Take policy and scalable target back; what is gone already, or not ours, is fine."""
        application_autoscaling = self.autoscaling()
        for operation, call in (
            (
                "DeleteScalingPolicy",
                lambda: application_autoscaling.delete_scaling_policy(
                    **_scalable(resource_id), PolicyName=POLICY
                ),
            ),
            (
                "DeregisterScalableTarget",
                lambda: application_autoscaling.deregister_scalable_target(
                    **_scalable(resource_id)
                ),
            ),
        ):
            try:
                _made(operation, call)
            except CallFailed as error:
                # A target that is gone has no tag that IAM could allow the call by.
                absent = error.code == _DENIED and POLICY not in self._policies(resource_id)
                if not absent and error.code != _ABSENT:
                    raise

    def foreign_policies(self, resource_id: str) -> list[str]:
        """The names of scaling policies that others have put on a service."""
        return sorted(name for name in self._policies(resource_id) if name != POLICY)

    def _policies(self, resource_id: str) -> list[str]:
        application_autoscaling = self.autoscaling()
        paginator = application_autoscaling.get_paginator("describe_scaling_policies")
        pages = _made(
            "DescribeScalingPolicies", lambda: list(paginator.paginate(**_scalable(resource_id)))
        )
        return [each["PolicyName"] for page in pages for each in page["ScalingPolicies"]]

    def publish(self, datapoints: Sequence[Datapoint]) -> None:
        """All metrics of all services: one request for each thousand."""
        for part in chunks(datapoints, _METRICS_PER_CALL):
            try:
                self.cloudwatch.put_metric_data(
                    Namespace=NAMESPACE, MetricData=[_wire(each) for each in part]
                )
            except (ClientError, BotoCoreError) as error:
                raise call_failed("PutMetricData", error) from error

    def _register(self, config: ServiceConfig, call: Register) -> None:
        """Create the target with our tag, or change the one that has it.

        Application Auto Scaling refuses tags for a target that exists, and IAM lets us change only
        what carries ours: whichever of the two we took it for, the other is tried before giving up.
        """
        first, second = ({"Tags": OWNED}, {}) if call.new else ({}, {"Tags": OWNED})
        try:
            self._put_target(config, call, first)
        except CallFailed as error:
            if error.code not in (_INVALID, _DENIED):
                raise
            try:
                self._put_target(config, call, second)
            except CallFailed as again:
                if {error.code, again.code} != {_INVALID, _DENIED}:
                    raise
                raise CallFailed("RegisterScalableTarget", again.code, _NOT_OURS) from error

    def _put_target(self, config: ServiceConfig, call: Register, tags: Mapping[str, Any]) -> None:
        application_autoscaling = self.autoscaling()
        limits = {"MinCapacity": call.minimum, "MaxCapacity": call.maximum}
        _made(
            "RegisterScalableTarget",
            lambda: application_autoscaling.register_scalable_target(
                **_scalable(config.resource_id), **limits, **tags
            ),
        )


def _made[T](operation: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise call_failed(operation, error) from error


def _scalable(resource_id: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": resource_id,
        "ScalableDimension": "ecs:service:DesiredCount",
    }


def _wire(datapoint: Datapoint) -> dict[str, Any]:
    return {
        "MetricName": datapoint.name,
        "Dimensions": [
            {"Name": "Cluster", "Value": datapoint.cluster},
            {"Name": "Service", "Value": datapoint.service},
        ],
        "Timestamp": datetime.fromtimestamp(datapoint.at, UTC),
        "Value": datapoint.value,
        "StorageResolution": datapoint.resolution,
    }
