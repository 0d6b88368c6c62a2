"""From a spec and its task definition to a plan: everything that could change meanwhile is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batch_jobs import shards
from batch_jobs.ids import AttemptId
from batch_jobs.request import overrides_of, size_of
from batch_jobs.retrying import Place
from batch_jobs.rows import LogPlace, Plan
from batch_jobs.spec import Spec
from batch_jobs.spec_checks import MAX_ITEM, MAX_OVERRIDES
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec

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


def plan_of(
    spec: Spec,
    run: str,
    definition: Mapping[str, Any],
    tags: Mapping[str, str],
    items: Sequence[str] | None,
) -> Plan:
    """The plan of a run; raises ``InvalidSpec`` where spec and task definition do not fit."""
    arn = str(definition["taskDefinitionArn"])
    containers: Sequence[Mapping[str, Any]] = definition["containerDefinitions"]
    essential = [str(one["name"]) for one in containers if one.get("essential", True)]
    main = spec.container or essential[0]
    problems = [*_fit(spec, definition, tags), *_items(items)]
    chosen = next((one for one in containers if one["name"] == main), None)
    if chosen is None:
        names = ", ".join(str(one["name"]) for one in containers)
        problems.append(Problem("$.container", f"{main} is not in {arn}", f"one of {names}"))
    count = spec.fan_out.count or len(items or ())
    if problems or chosen is None:
        raise InvalidSpec(tuple(problems), spec.job)
    plan = Plan(
        run=run,
        spec=spec,
        task_definition=arn,
        main=main,
        essential=tuple(essential),
        count=count,
        shards=shards.encode(shards.all_of(count)),
        log=_log(chosen),
        cpu=str(definition.get("cpu") or ""),
        memory=str(definition.get("memory") or ""),
        container_memory="memory" in chosen,
        other_memory=sum(int(one.get("memory") or 0) for one in containers if one is not chosen),
        architecture=str(
            (definition.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
        ),
    )
    _small_enough(plan, items)
    return plan


def _fit(spec: Spec, definition: Mapping[str, Any], tags: Mapping[str, str]) -> list[Problem]:
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
    problems += _steps(spec, definition)
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


def _steps(spec: Spec, definition: Mapping[str, Any]) -> list[Problem]:
    """Sizes that Fargate does not have would be found out by the first task that needs them."""
    if not any(rung.kind.startswith("FARGATE") for rung in spec.capacity):
        return []
    cpu = str(spec.overrides.get("cpu") or definition.get("cpu") or "")
    for number, memory in enumerate(spec.memory_steps):
        units = spec.cpu_steps[number] if spec.cpu_steps else cpu
        sizes = _FARGATE.get(int(units), ()) if units.isdecimal() else None
        if sizes is not None and int(memory) not in sizes:
            problem = f"Fargate has no task of {units} CPU units and {memory} MiB"
            hint = "cpuSteps beside it; Fargate's sizes are in the ECS developer guide, task size"
            return [Problem(f"$.memorySteps[{number}]", problem, hint)]
    return []


def _items(items: Sequence[str] | None) -> list[Problem]:
    if items is not None and not items:
        return [Problem("$.fanOut.lines", "the object has no lines", "one shard a line")]
    for number, item in enumerate(items or ()):
        if len(item) > MAX_ITEM:
            return [
                Problem(
                    "$.fanOut",
                    f"item {number + 1} has {len(item)} characters of at most {MAX_ITEM}",
                    "pass a reference",
                )
            ]
    return []


def _small_enough(plan: Plan, items: Sequence[str] | None) -> None:
    longest = max(items, key=len) if items else None
    widest = AttemptId(plan.run, plan.count - 1, 100)
    size = size_of(overrides_of(plan, widest, Place(memory=len(plan.spec.memory_steps)), longest))
    if size > MAX_OVERRIDES:
        problem = f"{size} characters with a shard's variables; RunTask takes {MAX_OVERRIDES}"
        raise InvalidSpec(
            (Problem("$.overrides", problem, "pass a reference, e.g. a key in S3"),), plan.spec.job
        )


def _log(container: Mapping[str, Any]) -> LogPlace | None:
    """Where the last lines are, if the container logs to CloudWatch with a stream prefix."""
    configuration = container.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    if configuration.get("logDriver") != "awslogs" or not options.get("awslogs-stream-prefix"):
        return None
    return LogPlace(
        group=str(options.get("awslogs-group", "")),
        prefix=str(options["awslogs-stream-prefix"]),
        region=str(options.get("awslogs-region", "")),
    )
