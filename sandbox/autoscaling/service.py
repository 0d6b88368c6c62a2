"""The API of Application Auto Scaling, for ECS services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.autoscaling.actions import Actions, Capacity
from sandbox.autoscaling.model import Policy, Target, target_id
from sandbox.autoscaling.tracking import Tracking
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from sandbox.caller import Caller
    from sandbox.clock import Clock
    from sandbox.cloudwatch.alarm_watch import AlarmWatch
    from sandbox.cloudwatch.datapoints import Datapoints

Shape = dict[str, Any]

_ECS = "ecs:service:DesiredCount"
_NOT_FOUND = "No scalable target registered for service namespace: ecs, resource ID: {}"
# The wording stands in public reports (terraform-aws-modules/terraform-aws-rds-aurora#420).
_TAGGED = (
    "The scalable target that you tried to tag already exists. To update tags on an existing "
    "scalable target, use the TagResource API."
)


@dataclass(frozen=True, slots=True)
class EcsCapacity:
    """An ECS service's desired count, through the API of the twin."""

    call: Callable[[str, dict[str, Any]], dict[str, Any]]

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """As DescribeServices shows it."""
        _, cluster, service = resource_id.split("/")
        answer = self.call("DescribeServices", {"cluster": cluster, "services": [service]})
        found = [each for each in answer["services"] if each["status"] == "ACTIVE"]
        if not found:
            raise ApiError("ValidationException", f"ECS service doesn't exist: {resource_id}")
        shape: Mapping[str, Any] = found[0]
        return shape

    def set(self, resource_id: str, count: int) -> None:
        """UpdateService."""
        _, cluster, service = resource_id.split("/")
        self.call("UpdateService", {"cluster": cluster, "service": service, "desiredCount": count})


class AutoScaling:
    """A simulator for botocore's service ``application-autoscaling``."""

    def __init__(
        self, clock: Clock, alarms: AlarmWatch, datapoints: Datapoints, capacity: Capacity
    ) -> None:
        """Policies read ``datapoints`` through ``alarms`` and change ``capacity``."""
        self._clock = clock
        self._capacity = capacity
        self.targets: dict[str, Target] = {}
        self._actions = Actions(clock, alarms, capacity)
        self._tracking = Tracking(clock, alarms, datapoints, self._actions)

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> Shape:
        """Answer one call in botocore's shapes."""
        answers: dict[str, Callable[[Shape, Caller], Shape]] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DescribeScalingActivities": self._describe_activities,
        }
        if operation not in answers:
            raise UnsupportedOperation(
                f"the sandbox does not simulate application-autoscaling:{operation}"
            )
        if params.get("ServiceNamespace", "ecs") != "ecs":
            raise UnsupportedOperation("the sandbox scales ECS services only")
        return answers[operation](params, caller)

    def alarm(self, policy_arn: str, metric: float, threshold: float) -> None:
        """An alarm of the user's invokes a step policy."""
        for target in self.targets.values():
            for policy in target.policies.values():
                if policy.arn == policy_arn:
                    self._actions.step(target, policy, metric, threshold)

    def _register(self, params: Shape, caller: Caller) -> Shape:
        resource_id = params["ResourceId"]
        self._capacity.describe(resource_id)
        known = self.targets.get(resource_id)
        minimum = params.get("MinCapacity", known.minimum if known else None)
        maximum = params.get("MaxCapacity", known.maximum if known else None)
        if minimum is None or maximum is None:
            raise ApiError("ValidationException", "Both MinCapacity and MaxCapacity are required")
        if not 0 <= minimum <= maximum:
            message = "Maximum capacity cannot be less than minimum capacity"
            raise ApiError("ValidationException", message)
        if known is None:
            arn = _arn(caller, f"scalable-target/{target_id(resource_id)}")
            known = Target(resource_id, arn, minimum, maximum, self._clock.now())
            self.targets[resource_id] = known
        elif params.get("Tags"):
            raise ApiError("ValidationException", _TAGGED)
        known.minimum, known.maximum = minimum, maximum
        known.tags |= params.get("Tags", {})
        known.suspended |= params.get("SuspendedState", {})
        self._actions.clamp(known)
        return {"ScalableTargetARN": known.arn}

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of a scalable target, None when there is none with that ARN."""
        return next((each.tags for each in self.targets.values() if each.arn == arn), None)

    def _deregister(self, params: Shape, _caller: Caller) -> Shape:
        target = self._target(params)
        for policy in target.policies.values():
            self._tracking.stop(policy)
        del self.targets[target.resource_id]
        return {}

    def _describe_targets(self, params: Shape, _caller: Caller) -> Shape:
        wanted = params.get("ResourceIds")
        return _page(
            "ScalableTargets",
            params,
            50,
            [
                {
                    "ServiceNamespace": "ecs",
                    "ResourceId": target.resource_id,
                    "ScalableDimension": _ECS,
                    "MinCapacity": target.minimum,
                    "MaxCapacity": target.maximum,
                    "RoleARN": "arn:aws:iam::123456789012:role/aws-service-role/"
                    "ecs.application-autoscaling.amazonaws.com/"
                    "AWSServiceRoleForApplicationAutoScaling_ECSService",
                    "CreationTime": _moment(target.created_at),
                    "SuspendedState": {
                        name: target.suspended.get(name, False)
                        for name in (
                            "DynamicScalingInSuspended",
                            "DynamicScalingOutSuspended",
                            "ScheduledScalingSuspended",
                        )
                    },
                    "ScalableTargetARN": target.arn,
                }
                for target in self.targets.values()
                if wanted is None or target.resource_id in wanted
            ],
        )

    def _put_policy(self, params: Shape, caller: Caller) -> Shape:
        target, name = self._target(params), params["PolicyName"]
        known = target.policies.get(name)
        kind = params.get("PolicyType") or (known.kind if known else "StepScaling")
        if kind == "PredictiveScaling":
            raise UnsupportedOperation("the sandbox does not simulate predictive scaling")
        arn = known.arn if known else _arn(caller, f"scalingPolicy:{target.resource_id}:{name}")
        configuration = params.get(f"{kind}PolicyConfiguration") or (
            known.configuration if known else {}
        )
        created = known.created_at if known else self._clock.now()
        policy = Policy(name, arn, kind, configuration, created)
        target.policies[name] = policy
        if kind == "TargetTrackingScaling":
            self._tracking.start(target, policy)
        alarms = [
            {"AlarmName": name, "AlarmARN": _alarm_arn(caller, name)} for name in policy.alarms
        ]
        return {"PolicyARN": arn, "Alarms": alarms}

    def _delete_policy(self, params: Shape, _caller: Caller) -> Shape:
        target, name = self._target(params), params["PolicyName"]
        if name not in target.policies:
            raise ApiError("ObjectNotFoundException", f"No scaling policy found: {name}")
        self._tracking.stop(target.policies.pop(name))
        return {}

    def _describe_policies(self, params: Shape, caller: Caller) -> Shape:
        wanted, names = params.get("ResourceId"), params.get("PolicyNames")
        return _page(
            "ScalingPolicies",
            params,
            10,
            [
                {
                    "PolicyARN": policy.arn,
                    "PolicyName": policy.name,
                    "ServiceNamespace": "ecs",
                    "ResourceId": target.resource_id,
                    "ScalableDimension": _ECS,
                    "PolicyType": policy.kind,
                    f"{policy.kind}PolicyConfiguration": dict(policy.configuration),
                    "Alarms": [
                        {"AlarmName": name, "AlarmARN": _alarm_arn(caller, name)}
                        for name in policy.alarms
                    ],
                    "CreationTime": _moment(policy.created_at),
                }
                for target in self.targets.values()
                for policy in target.policies.values()
                if wanted in (None, target.resource_id) and (not names or policy.name in names)
            ],
        )

    def _describe_activities(self, params: Shape, _caller: Caller) -> Shape:
        wanted = params.get("ResourceId")
        found = [
            {
                "ActivityId": f"{number:08x}-0000-4000-8000-{int(activity.at):012x}",
                "ServiceNamespace": "ecs",
                "ResourceId": target.resource_id,
                "ScalableDimension": _ECS,
                "Description": f"Setting desired count to {activity.after}.",
                "Cause": activity.cause,
                "StartTime": _moment(activity.at),
                "StatusCode": "Successful",
            }
            for target in self.targets.values()
            if wanted in (None, target.resource_id)
            for number, activity in enumerate(target.activities)
        ]
        return {"ScalingActivities": found[::-1]}

    def _target(self, params: Shape) -> Target:
        target = self.targets.get(params["ResourceId"])
        if target is None:
            message = _NOT_FOUND.format(params["ResourceId"])
            raise ApiError("ObjectNotFoundException", message)
        return target


def _page(name: str, params: Shape, most: int, items: list[Shape]) -> Shape:
    """So many at most, and a token for the rest; API references of the Describe operations."""
    size = params.get("MaxResults", most)
    if not 1 <= size <= most:
        raise ApiError("ValidationException", f"MaxResults must be between 1 and {most}")
    token = params.get("NextToken", "0")
    if not token.isdigit():
        raise ApiError("InvalidNextTokenException", "The next token is not valid.")
    end = int(token) + size
    return {name: items[int(token) : end]} | ({"NextToken": str(end)} if end < len(items) else {})


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _arn(caller: Caller, resource: str) -> str:
    return f"arn:aws:application-autoscaling:{caller.region}:{caller.account}:{resource}"


def _alarm_arn(caller: Caller, name: str) -> str:
    return f"arn:aws:cloudwatch:{caller.region}:{caller.account}:alarm:{name}"
