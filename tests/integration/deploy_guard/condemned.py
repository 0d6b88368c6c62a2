"""Deployments that are to be rolled back, each in a state of its own."""

from __future__ import annotations

from typing import Any

from deploy_guard.causes import Diagnosis
from deploy_guard.model import Bake, Outcome
from sandbox.world import check_world
from sandbox.world_resources import create_alarm
from tests.integration.conftest import Operations
from tests.integration.deploy_guard.guarded import AUTO, Guard, guarded

ALARM = "errors"
REGRESSION = Diagnosis("ALARM", 1, 1, 1, subject=ALARM)
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web"


def completed(operate: Any, **fields: Any) -> Guard:
    """A version that completed, and that an alarm has condemned since."""
    return complete(operate(world=False), "web", **fields)


def complete(world: Operations, name: str, **fields: Any) -> Guard:
    """The same, of a service of this name."""
    guard = _serves(world, guarded(name, **fields))
    create_alarm(world.account, ALARM)
    guard.release(seconds=300, image="app:2")
    guard.remember()
    set_alarm(world, "ALARM")
    condemn(guard)
    return guard


def set_alarm(world: Operations, state: str) -> None:
    world.account.client("cloudwatch").set_alarm_state(
        AlarmName=ALARM, StateValue=state, StateReason="test"
    )


def condemn(guard: Guard) -> None:
    now = guard.account.clock.now()
    bake = Bake(now - 60, now + 900, (ALARM,), (ALARM,))
    guard.remember(bake=bake, diagnosis=REGRESSION)
    assert guard.row.outcome is Outcome.SUCCEEDED


def mutable(operate: Any, **tags: str) -> Guard:
    """One task definition, whose tag means another image since yesterday."""
    return move_tag(operate(world=False), "web", **tags)


# What a task cannot do without, beside its containers.
WHOLE = {
    "taskRoleArn": "arn:aws:iam::123456789012:role/web-task",
    "executionRoleArn": "arn:aws:iam::123456789012:role/web-execution",
    "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-0123"}}],
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "ephemeralStorage": {"sizeInGiB": 40},
}


def move_tag(world: Operations, name: str, **tags: str) -> Guard:
    """The same, of a service of this name."""
    images = world.account.images
    images.push(f"{REPOSITORY}:latest")
    containers = [{"name": "app", "image": f"{REPOSITORY}:latest"}]
    guard = _serves(world, guarded(name, tags=AUTO | tags, containers=containers))
    create_alarm(world.account, ALARM)
    ecs = guard.client("ecs")
    before = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    kept = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
    given = {field: before[field] for field in (*kept, "containerDefinitions")}
    whole = ecs.register_task_definition(**given, **WHOLE)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="prod", service=name, taskDefinition=whole)
    guard.account.run_for(1000)
    guard.remember()
    images.push(f"{REPOSITORY}:latest", "another build")
    ecs.update_service(cluster="prod", service=name, forceNewDeployment=True)
    guard.account.run_for(300)
    guard.remember()
    set_alarm(world, "ALARM")
    condemn(guard)
    return guard


def paused(operate: Any) -> Guard:
    """A blue/green deployment that waits for an answer, and whose tasks would never run."""
    return pause(operate(world=False), "web")


def pause(world: Operations, name: str) -> Guard:
    """The same, of a service of this name."""
    groups = [{"name": name, "alternate": f"{name}-other"}]
    containers = [{"name": "app", "port": 8080}]
    guard = _serves(world, guarded(name, containers=containers, target_groups=groups))
    hook = {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}
    guard.client("ecs").update_service(
        cluster="prod", service=name, deploymentConfiguration={"lifecycleHooks": [hook]}
    )
    guard.account.run_for(120)
    guard.release(seconds=60, image="app:2")
    guard.remember()
    guard.remember(diagnosis=Diagnosis("IMAGE_NOT_FOUND", 2, 2, 2, confirmed=True))
    return guard


def failing(world: Operations, name: str) -> Guard:
    """A deployment under way whose image does not exist."""
    guard = _serves(world, guarded(name))
    guard.fail()
    return guard


def _serves(world: Operations, service: dict[str, Any]) -> Guard:
    """A new service of the cluster ``prod``, with its first version deployed."""
    document = {"clusters": [{"name": "prod", "services": [service]}]}
    check_world(document, "test").build(world.account)
    world.account.run_for(180)
    return Guard(world, service["name"])
