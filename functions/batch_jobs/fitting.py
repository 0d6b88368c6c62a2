"""Whether a spec fits its task definition: what RunTask would refuse, found before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batch_jobs.spec import Spec
from batch_jobs.spec_problem import Problem

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_FARGATE: dict[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
OPT_IN = "ecs-ops:jobs"
_ON = frozenset({"on", "true", "yes", "enabled", "1"})


def misfits(spec: Spec, definition: Mapping[str, Any], tags: Mapping[str, str]) -> list[Problem]:
    """What RunTask would refuse, found before the first shard runs."""
    arn, problems = str(definition["taskDefinitionArn"]), []
    if tags.get(OPT_IN, "").strip().lower() not in _ON:
        command = f"aws ecs tag-resource --resource-arn {arn} --tags key={OPT_IN},value=on"
        problems.append(Problem("$.taskDefinition", f"{arn} has no tag {OPT_IN}=on", command))
    if definition.get("status", "ACTIVE") != "ACTIVE":
        problems.append(
            Problem(
                "$.taskDefinition", f"{arn} is {definition['status']}", "name an ACTIVE revision"
            )
        )
    needs_network = definition.get("networkMode") == "awsvpc"
    if needs_network and spec.network is None:
        problems.append(
            Problem("$.network", "required by network mode awsvpc", '{"subnets": ["subnet-..."]}')
        )
    elif spec.network is not None and not needs_network:
        mode = definition.get("networkMode", "bridge")
        problems.append(Problem("$.network", f"network mode {mode} takes none", "leave it out"))
    problems += _names(spec, definition)
    problems += _on_fargate(spec, definition)
    problems += _elsewhere(spec, arn)
    base = str(spec.overrides.get("memory") or definition.get("memory") or "")
    if spec.memory_steps and base.isdecimal() and int(spec.memory_steps[0]) <= int(base):
        problems.append(
            Problem(
                "$.memorySteps[0]",
                f"must be larger than the {base} MiB that the task has",
                "start higher",
            )
        )
    return problems


def _elsewhere(spec: Spec, definition_arn: str) -> list[Problem]:
    """Clusters of another Region or account: RunTask looks for them in its own."""
    place, own = spec.cluster.split(":")[3:5], definition_arn.split(":")[3:5]
    if not place or place == own:
        return []
    problem = f"it is in {' '.join(place)}, and this stack in {' '.join(own)}"
    return [Problem("$.cluster", problem, "send the spec to the stack that is deployed there")]


def _names(spec: Spec, definition: Mapping[str, Any]) -> list[Problem]:
    names = [str(one["name"]) for one in definition["containerDefinitions"]]
    given = spec.overrides.get("containerOverrides") or ()
    return [
        Problem(
            f"$.overrides.containerOverrides[{number}].name",
            f"the task definition has no container {one['name']!r}",
            f"one of {', '.join(names)}",
        )
        for number, one in enumerate(given)
        if "name" in one and one["name"] not in names
    ]


def _on_fargate(spec: Spec, definition: Mapping[str, Any]) -> list[Problem]:
    """Sizes that Fargate does not have would be found out by the first task that needs them."""
    if not any(rung.kind.startswith("FARGATE") for rung in spec.capacity):
        return []
    runs_on = definition.get("compatibilities") or definition.get("requiresCompatibilities") or ()
    if runs_on and "FARGATE" not in runs_on:
        problem = f"Fargate, and the task definition is for {', '.join(runs_on)} alone"
        return [Problem("$.capacity", problem, "name a capacity provider of instances, or EC2")]
    cpu = str(spec.overrides.get("cpu") or definition.get("cpu") or "")
    memory = str(spec.overrides.get("memory") or definition.get("memory") or "")
    first = [
        ("$.overrides.memory" if "memory" in spec.overrides else "$.overrides.cpu", cpu, memory)
    ]
    steps = [
        (f"$.memorySteps[{number}]", spec.cpu_steps[number] if spec.cpu_steps else cpu, step)
        for number, step in enumerate(spec.memory_steps)
    ]
    given = "cpu" in spec.overrides or "memory" in spec.overrides
    for path, units, mebibytes in [*(first if given else ()), *steps]:
        if not (units.isdecimal() and mebibytes.isdecimal()):
            continue
        if int(mebibytes) not in _FARGATE.get(int(units), ()):
            problem = f"Fargate has no task of {units} CPU units and {mebibytes} MiB"
            hint = "Fargate's sizes are in the ECS developer guide, task size"
            return [Problem(path, problem, hint)]
    return []
