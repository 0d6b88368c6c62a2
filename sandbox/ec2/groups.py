"""Auto Scaling groups: keep their size, and let lifecycle hooks hold what they terminate.

What stands behind the ``autoscaling`` API, as far as draining needs it.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.caller import Request
from sandbox.ec2.fleet import Fleet, Instance, Machine, NoSpotCapacity
from sandbox.ec2.hooks import DEFAULT_TIMEOUT_S, TERMINATING, Hook, LifecycleAction
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from sandbox.caller import Caller

Shape = dict[str, Any]

REPLACE_S = 10.0  # from the end of an instance to the launch of another
RETRY_S = 60.0


@dataclass(slots=True, eq=False)
class Group:
    """A group; ``ids`` are its instances until they have ended."""

    name: str
    arn: str
    machine: Machine
    zones: tuple[str, ...]
    desired: int
    tags: dict[str, str]
    hooks: dict[str, Hook] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    leaving: set[str] = field(default_factory=set)


class AutoScalingGroups:
    """Answers ``autoscaling`` calls; groups are made by :meth:`create`."""

    def __init__(
        self,
        fleet: Fleet,
        emit: Callable[[Shape], None],
        send: Callable[[str, str], None],
        rng: random.Random,
        caller: Caller,
    ) -> None:
        """``send`` puts a text into the SQS queue of an ARN."""
        self.groups: dict[str, Group] = {}
        self.actions: dict[str, LifecycleAction] = {}
        self.results: list[tuple[str, str]] = []  # (instance, result) of every ended wait
        self._fleet = fleet
        self._emit = emit
        self._send = send
        self._rng = rng
        self._caller = caller
        fleet.watchers.append(self._watch)
        self._operations: dict[str, Callable[[Request], Shape]] = {
            "PutLifecycleHook": self._put_hook,
            "DescribeLifecycleHooks": self._describe_hooks,
            "CompleteLifecycleAction": self._complete,
            "RecordLifecycleActionHeartbeat": self._beat,
            "SetDesiredCapacity": self._set_desired,
            "TerminateInstanceInAutoScalingGroup": self._terminate,
            "DescribeAutoScalingGroups": self._describe,
        }

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """Answer one call in botocore's shapes."""
        answer = self._operations.get(operation)
        if answer is None:
            raise UnsupportedOperation(f"the sandbox does not simulate autoscaling:{operation}")
        with self._fleet.agenda.lock:
            return copy.deepcopy(answer(Request(copy.deepcopy(params), caller)))

    def create(
        self,
        name: str,
        machine: Machine,
        desired: int,
        zones: Sequence[str],
        *,
        hooks: Sequence[Hook] = (),
        tags: dict[str, str] | None = None,
    ) -> Group:
        """Create a group and launch its instances."""
        identity = f"autoScalingGroup:{self._uuid()}:autoScalingGroupName/{name}"
        arn = f"arn:aws:autoscaling:{self._caller.region}:{self._caller.account}:{identity}"
        group = Group(name, arn, machine, tuple(zones), desired, tags or {})
        group.hooks = {hook.name: hook for hook in hooks}
        self.groups[name] = group
        self._fill(group)
        return group

    def tags_of(self, name: str) -> dict[str, str] | None:
        """The tags of a group; None when there is none."""
        group = self.groups.get(name)
        return group.tags if group else None

    def terminate(self, instance_id: str) -> None:
        """Begin to terminate an instance: hooks first, the machine when all of them are done."""
        group = self._group_of(instance_id)
        if group is None or instance_id in group.leaving:
            return
        group.leaving.add(instance_id)
        hooks = [hook for hook in group.hooks.values() if hook.transition == TERMINATING]
        for hook in hooks:
            self._hold(group, hook, instance_id)
        if not hooks:
            self._fleet.end(instance_id)

    def _fill(self, group: Group) -> None:
        """Launch what is missing, in the zone with the fewest instances first."""
        while len([i for i in group.ids if i not in group.leaving]) < group.desired:
            zones = [self._fleet.instances[each].zone for each in group.ids]
            for zone in sorted(group.zones, key=zones.count):
                try:
                    group.ids.append(self._fleet.launch(group.machine, zone))
                    break
                except NoSpotCapacity:
                    continue
            else:
                self._launch_failed(group)
                again = partial(self._fill, group)
                self._fleet.agenda.later(RETRY_S, again, f"fill {group.name}")
                return

    def _watch(self, instance: Instance, what: str) -> None:
        group = self._group_of(instance.id)
        if group is None:
            return
        if what == "notice":
            if group.hooks:
                self.terminate(instance.id)  # they hear of it, and cannot hold a Spot instance
            return
        group.ids.remove(instance.id)
        group.leaving.discard(instance.id)
        for action in [a for a in self.actions.values() if a.instance_id == instance.id]:
            self._close(action, "GONE")
        fill = partial(self._fill, group)
        self._fleet.agenda.later(REPLACE_S, fill, f"fill {group.name}")

    def _hold(self, group: Group, hook: Hook, instance_id: str) -> None:
        now = self._fleet.agenda.now()
        action = LifecycleAction(self._uuid(), group.name, hook, instance_id, now)
        self.actions[action.token] = action
        self._extend(action)
        told = {
            "LifecycleActionToken": action.token,
            "AutoScalingGroupName": group.name,
            "LifecycleHookName": hook.name,
            "EC2InstanceId": instance_id,
            "LifecycleTransition": hook.transition,
            "Origin": "AutoScalingGroup",
            "Destination": "EC2",
        }
        if hook.metadata:
            told["NotificationMetadata"] = hook.metadata
        self._tell(group, "EC2 Instance-terminate Lifecycle Action", told)
        if hook.target_arn:
            more = {"AccountId": self._caller.account, "Service": "AWS Auto Scaling"}
            body = json.dumps({**told, **more, "Time": self._time(), "RequestId": self._uuid()})
            send = partial(self._send, hook.target_arn, body)
            self._fleet.agenda.publish(send, f"notify {hook.name}")

    def _extend(self, action: LifecycleAction) -> None:
        """A heartbeat starts the time-out over, within the longest time there is."""
        if action.timer:
            action.timer.cancel()
        left = action.began_at + action.hook.longest_s - self._fleet.agenda.now()
        wait = min(float(action.hook.timeout_s), left)
        close = partial(self._close, action, action.hook.default_result)
        action.timer = self._fleet.agenda.later(wait, close, f"hook of {action.instance_id}")

    def _close(self, action: LifecycleAction, result: str) -> None:
        """ABANDON ends the other hooks too; without any left, the machine goes."""
        if self.actions.pop(action.token, None) is None:
            return
        if action.timer:
            action.timer.cancel()
        self.results.append((action.instance_id, result))
        others = [a for a in self.actions.values() if a.instance_id == action.instance_id]
        if result == "ABANDON":
            for other in others:
                self.actions.pop(other.token)
            others = []
        spot_takes_it = self._fleet.instances[action.instance_id].ends_at is not None
        if result != "GONE" and not others and not spot_takes_it:
            self._fleet.end(action.instance_id)

    def _put_hook(self, request: Request) -> Shape:
        params, group = request.params, self._group(request)
        hook = Hook(
            name=params["LifecycleHookName"],
            timeout_s=params.get("HeartbeatTimeout", DEFAULT_TIMEOUT_S),
            default_result=params.get("DefaultResult", "ABANDON"),
            transition=params.get("LifecycleTransition", TERMINATING),
            target_arn=params.get("NotificationTargetARN"),
            role_arn=params.get("RoleARN"),
            metadata=params.get("NotificationMetadata"),
        )
        group.hooks[hook.name] = hook
        if hook.target_arn:
            test = {
                "AccountId": self._caller.account,
                "RequestId": self._uuid(),
                "AutoScalingGroupARN": group.arn,
                "AutoScalingGroupName": group.name,
                "Service": "AWS Auto Scaling",
                "Event": "autoscaling:TEST_NOTIFICATION",
                "Time": self._time(),
            }
            send = partial(self._send, hook.target_arn, json.dumps(test))
            self._fleet.agenda.publish(send, "test notification")
        return {}

    def _describe_hooks(self, request: Request) -> Shape:
        group, names = self._group(request), request.params.get("LifecycleHookNames")
        return {
            "LifecycleHooks": [
                {
                    "LifecycleHookName": hook.name,
                    "AutoScalingGroupName": group.name,
                    "LifecycleTransition": hook.transition,
                    "HeartbeatTimeout": hook.timeout_s,
                    "GlobalTimeout": int(hook.longest_s),
                    "DefaultResult": hook.default_result,
                }
                for hook in group.hooks.values()
                if not names or hook.name in names
            ]
        }

    def _complete(self, request: Request) -> Shape:
        self._close(self._action(request), request.params["LifecycleActionResult"])
        return {}

    def _beat(self, request: Request) -> Shape:
        self._extend(self._action(request))
        return {}

    def _set_desired(self, request: Request) -> Shape:
        group = self._group(request)
        group.desired = request.params["DesiredCapacity"]
        staying = [each for each in group.ids if each not in group.leaving]
        for surplus in staying[group.desired :]:
            self.terminate(surplus)
        self._fill(group)
        return {}

    def _terminate(self, request: Request) -> Shape:
        group = self._group_of(request.params["InstanceId"])
        if group is None:
            named = f"instance ID: {request.params['InstanceId']}"
            message = f"Instance Id not found - No managed instance found for {named}"
            raise ApiError("ValidationError", message)
        if request.params["ShouldDecrementDesiredCapacity"]:
            group.desired -= 1
        self.terminate(request.params["InstanceId"])
        return {}

    def _describe(self, request: Request) -> Shape:
        names = request.params.get("AutoScalingGroupNames")
        return {
            "AutoScalingGroups": [
                {
                    "AutoScalingGroupName": group.name,
                    "AutoScalingGroupARN": group.arn,
                    "MinSize": 0,
                    "MaxSize": 1000,
                    "DesiredCapacity": group.desired,
                    "DefaultCooldown": 300,
                    "AvailabilityZones": list(group.zones),
                    "HealthCheckType": "EC2",
                    "CreatedTime": datetime.fromtimestamp(self._fleet.agenda.now(), UTC),
                    "Instances": [self._shape(group, each) for each in group.ids],
                    "Tags": [{"Key": key, "Value": value} for key, value in group.tags.items()],
                }
                for group in self.groups.values()
                if not names or group.name in names
            ]
        }

    def _shape(self, group: Group, instance_id: str) -> Shape:
        waits = any(action.instance_id == instance_id for action in self.actions.values())
        state = "Terminating:Wait" if waits else "Terminating"
        return {
            "InstanceId": instance_id,
            "AvailabilityZone": self._fleet.instances[instance_id].zone,
            "LifecycleState": state if instance_id in group.leaving else "InService",
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
        }

    def _action(self, request: Request) -> LifecycleAction:
        params = request.params
        token, instance = params.get("LifecycleActionToken"), params.get("InstanceId")
        for action in self.actions.values():
            same = (action.group, action.hook.name)
            if same != (params["AutoScalingGroupName"], params["LifecycleHookName"]):
                continue
            if action.token == token or (token is None and action.instance_id == instance):
                return action
        named = f"token {token}" if token else f"instance ID {instance}"
        raise ApiError("ValidationError", f"No active Lifecycle Action found with {named}")

    def _group(self, request: Request) -> Group:
        group = self.groups.get(request.params["AutoScalingGroupName"])
        if group is None:
            raise ApiError("ValidationError", "AutoScalingGroup name not found - null")
        return group

    def _group_of(self, instance_id: str) -> Group | None:
        return next((g for g in self.groups.values() if instance_id in g.ids), None)

    def _launch_failed(self, group: Group) -> None:
        text = "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity"
        detail = {
            "StatusCode": "Failed",
            "StatusMessage": f"{text} due to your request configuration.",
            "AutoScalingGroupName": group.name,
            "ActivityId": self._uuid(),
            "EC2InstanceId": "",
        }
        self._tell(group, "EC2 Instance Launch Unsuccessful", detail)

    def _tell(self, group: Group, detail_type: str, detail: dict[str, str]) -> None:
        event = {
            "detail-type": detail_type,
            "source": "aws.autoscaling",
            "account": self._caller.account,
            "time": self._time(),
            "region": self._caller.region,
            "resources": [group.arn],
            "detail": detail,
        }
        self._fleet.agenda.publish(partial(self._emit, event), f"emit {detail_type}")

    def _time(self) -> str:
        now = datetime.fromtimestamp(self._fleet.agenda.now(), UTC)
        return now.isoformat(timespec="seconds").replace("+00:00", "Z")

    def _uuid(self) -> str:
        digits = self._rng.randbytes(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
