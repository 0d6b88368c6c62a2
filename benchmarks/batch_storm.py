"""A thousand small jobs at the same minute: ours, Scheduler's own ECS target, and a Step Functions retry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.batch_world import CLUSTER, FAMILY, SUBNET, Watch, spec, world
from benchmarks.results import ROOT, Result
from benchmarks.rivals.batch import StepFunctions
from sandbox.account import ACCOUNT, REGION, Account, Stack

JOBS, AHEAD_S, WATCH_S, STEP_S = 1_000, 120.0, 1_800.0, 5.0
_ROLE = ROOT / "benchmarks" / "rivals" / "schedule_role.yaml"
Plant = Callable[[Account, Stack, Watch, float], None]


def measure_storm() -> Iterator[Result]:
    """Lateness is from the slot to the first RUNNING task; a job that never ran is lost, not late."""
    seen = {name: _run(plant) for name, plant in _PLANTS.items()}
    late = {name: _p99(watch, at) for name, (watch, at) in seen.items()}
    lost = {name: float(JOBS - len(watch.done)) for name, (watch, _) in seen.items()}
    twice = {name: float(watch.duplicates) for name, (watch, _) in seen.items()}
    own = next(iter(_PLANTS))
    yield Result("batch.lateness_p99_s", late.pop(own), "s after the slot", None, late)
    yield Result("batch.storm_lost", lost.pop(own), f"jobs of {JOBS:,}", "== 0", lost)
    yield Result("batch.storm_duplicates", twice.pop(own), "tasks too many", "== 0", twice)


def _run(plant: Plant) -> tuple[Watch, float]:
    with world("JOB_NAME") as (account, stack, watch):
        slot = account.clock.now() + AHEAD_S
        plant(account, stack, watch, slot)
        while account.clock.now() < slot + WATCH_S and len(watch.done) < JOBS:
            account.run_for(STEP_S)
            account.trace.clear()
        return watch, slot


def _ours(account: Account, stack: Stack, _watch: Watch, slot: float) -> None:
    target = {
        "Arn": stack.outputs["BatchSubmitQueueArn"],
        "RoleArn": stack.outputs["BatchSchedulerRoleArn"],
    }
    for job in _jobs():
        text = json.dumps(spec(job, slot="<aws.scheduler.scheduled-time>"))
        _schedule(account, job, slot, target | {"Input": text})


def _scheduler(account: Account, _stack: Stack, _watch: Watch, slot: float) -> None:
    """With the retries that are the default: 185 over a day."""
    definition = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{FAMILY}:1"
    parameters = {
        "TaskDefinitionArn": definition,
        "TaskCount": 1,
        "CapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": [SUBNET]}},
    }
    role = account.deploy(_ROLE, name="schedules").outputs["RoleArn"]
    for job in _jobs():
        target = {
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{CLUSTER}",
            "RoleArn": role,
            "EcsParameters": parameters,
            "Input": json.dumps(_named(job)),
        }
        _schedule(account, job, slot, target)


def _step_functions(account: Account, _stack: Stack, watch: Watch, slot: float) -> None:
    request = {
        "cluster": CLUSTER,
        "taskDefinition": FAMILY,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
        "startedBy": "AWS Step Functions",
    }
    machine = StepFunctions(account, watch.rng)
    account.trace.listen(machine.see)
    for job in _jobs():
        machine.start(request | {"overrides": _named(job)}, slot)


def _schedule(account: Account, name: str, slot: float, target: dict[str, Any]) -> None:
    moment = datetime.fromtimestamp(slot, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    account.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({moment})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )


def _named(job: str) -> dict[str, Any]:
    variables = [{"name": "JOB_NAME", "value": job}]
    return {"containerOverrides": [{"name": "app", "environment": variables}]}


def _jobs() -> list[str]:
    return [f"job{number:04}" for number in range(JOBS)]


def _p99(watch: Watch, slot: float) -> float:
    delays = sorted(at - slot for at in watch.running.values())
    return delays[int(len(delays) * 0.99)]


_PLANTS: dict[str, Plant] = {
    "ours": _ours,
    "Scheduler's ECS target": _scheduler,
    "Step Functions, runTask.sync with Retry": _step_functions,
}
