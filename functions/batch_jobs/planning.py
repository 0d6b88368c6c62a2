"""From a spec and its task definition to a plan: everything that could change meanwhile is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batch_jobs import shards
from batch_jobs.fitting import misfits
from batch_jobs.ids import AttemptId
from batch_jobs.request import overrides_of, size_of
from batch_jobs.retrying import Place
from batch_jobs.rows import LogPlace, Plan
from batch_jobs.spec import Spec
from batch_jobs.spec_checks import MAX_ITEM, MAX_OVERRIDES
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec


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
    problems = [*misfits(spec, definition, tags), *_items(items)]
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
    longest = max(items, key=lambda item: size_of({"value": item})) if items else None
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
