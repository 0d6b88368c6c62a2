"""The RunTask of an attempt: the same for the same attempt, because its client token demands that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from batch_jobs.ids import AttemptId
from batch_jobs.retrying import Place
from batch_jobs.rows import Plan
from batch_jobs.spec import Capacity, Network, Spec

JOB_TAG, RUN_TAG = "ecs-ops:job", "ecs-ops:run"


def request_of(plan: Plan, attempt: AttemptId, place: Place, item: str | None) -> dict[str, Any]:
    """The parameters of RunTask."""
    spec = plan.spec
    rung = spec.capacity[place.option]
    tags = {**spec.tags, JOB_TAG: spec.job, RUN_TAG: plan.run}
    request: dict[str, Any] = {
        "cluster": spec.cluster,
        "taskDefinition": plan.task_definition,
        "count": 1,
        "startedBy": attempt.started_by,
        "clientToken": attempt.token,
        "overrides": overrides_of(plan, attempt, place, item),
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }
    if rung.provider:
        request["capacityProviderStrategy"] = [{"capacityProvider": rung.provider, "weight": 1}]
    else:
        request["launchType"] = rung.launch_type
    if spec.network:
        request["networkConfiguration"] = {"awsvpcConfiguration": _network(spec.network, rung)}
    return request


def overrides_of(plan: Plan, attempt: AttemptId, place: Place, item: str | None) -> dict[str, Any]:
    """The spec's overrides with the shard's variables and the memory step in them."""
    spec = plan.spec
    overrides: dict[str, Any] = {**spec.overrides}
    containers = {one["name"]: {**one} for one in overrides.get("containerOverrides", ())}
    main = containers.setdefault(plan.main, {"name": plan.main})
    variables = _variables(plan, attempt, item)
    main["environment"] = [
        *main.get("environment", ()),
        *({"name": name, "value": value} for name, value in variables.items()),
    ]
    if place.memory:
        _more_memory(spec, plan, place, overrides, main)
    overrides["containerOverrides"] = list(containers.values())
    return overrides


def size_of(overrides: Mapping[str, Any]) -> int:
    """What RunTask counts: characters, JSON included."""
    return len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False))


def _variables(plan: Plan, attempt: AttemptId, item: str | None) -> dict[str, str]:
    variables = {
        "JOB_NAME": plan.spec.job,
        "JOB_RUN": plan.run,
        "JOB_SHARD_INDEX": str(attempt.shard),
        "JOB_SHARD_COUNT": str(plan.count),
        "JOB_ATTEMPT": str(attempt.attempt),
    }
    return variables if item is None else {**variables, "JOB_SHARD_ITEM": item}


def _more_memory(
    spec: Spec, plan: Plan, place: Place, overrides: dict[str, Any], main: dict[str, Any]
) -> None:
    memory = spec.memory_steps[place.memory - 1]
    if plan.memory:
        overrides["memory"] = memory
    if spec.cpu_steps:
        overrides["cpu"] = spec.cpu_steps[place.memory - 1]
    if plan.container_memory:
        # "The total ... of all containers within a task must be lower than the task memory value."
        main["memory"] = int(memory) - (plan.other_memory if plan.memory else 0)


def _network(network: Network, rung: Capacity) -> dict[str, Any]:
    return {
        "subnets": list(rung.subnets or network.subnets),
        "securityGroups": list(network.security_groups),
        "assignPublicIp": "ENABLED" if network.assign_public_ip else "DISABLED",
    }
