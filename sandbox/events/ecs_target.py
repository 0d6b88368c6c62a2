"""A cluster as the target of a rule or a schedule: RunTask, and nobody reads its answer.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-ecs-run-task.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.errors import ApiError
from sandbox.events.delivery import DeliveryFailed, Parcel, Send

RunTask = Callable[[dict[str, Any], Parcel], object]

# What the tasks of a rule and of a schedule are started by: field reports, not documented.
_STARTED_BY = {
    "events.amazonaws.com": "events-rule",
    "scheduler.amazonaws.com": "chronos-schedule",
}
_NETWORK = {
    "Subnets": "subnets",
    "SecurityGroups": "securityGroups",
    "AssignPublicIp": "assignPublicIp",
}
_SAME = {
    "LaunchType": "launchType",
    "PlatformVersion": "platformVersion",
    "Group": "group",
    "EnableExecuteCommand": "enableExecuteCommand",
    "PropagateTags": "propagateTags",
}


def to_cluster(run_task: RunTask) -> Send:
    """Run tasks. What RunTask answers in ``failures`` is told to nobody and not tried again.

    Whether Scheduler tries again after such an answer is not documented; in public reports the run is
    simply missing.
    """

    def send(parcel: Parcel) -> None:
        try:
            run_task(_request(parcel), parcel)
        except ApiError as problem:
            passing = problem.status >= 500 or "Throttl" in problem.code
            raise DeliveryFailed(problem.code, problem.message, retriable=passing) from problem

    return send


def _request(parcel: Parcel) -> dict[str, Any]:
    given = parcel.target["EcsParameters"]
    prefix, name = _STARTED_BY[parcel.service], parcel.source_arn.rpartition("/")[2]
    params: dict[str, Any] = {
        "cluster": parcel.arn,
        "taskDefinition": given["TaskDefinitionArn"],
        "count": given.get("TaskCount", 1),
        "startedBy": f"{prefix}/{name}"[:128],
    }
    params |= {ours: given[theirs] for theirs, ours in _SAME.items() if theirs in given}
    network = given.get("NetworkConfiguration", {}).get("awsvpcConfiguration")
    if network:
        lower = {_NETWORK[each]: value for each, value in network.items()}
        params["networkConfiguration"] = {"awsvpcConfiguration": lower}
    if "CapacityProviderStrategy" in given:
        params["capacityProviderStrategy"] = given["CapacityProviderStrategy"]
    if "Tags" in given:
        params["tags"] = [
            {"key": tag.get("Key", tag.get("key")), "value": tag.get("Value", tag.get("value", ""))}
            for tag in given["Tags"]
        ]
    return params | _overrides(parcel.body)


def _overrides(body: str) -> dict[str, Any]:
    """The target's input is the overrides of the call; an event that is none overrides nothing."""
    try:
        given = json.loads(body)
    except ValueError:
        return {}
    if isinstance(given, dict) and "containerOverrides" in given:
        return {"overrides": given}
    return {}
