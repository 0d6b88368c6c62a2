"""Specs, plans, tasks and runs for tests, with everything that does not matter filled in."""

from batch_jobs import shards
from batch_jobs.ids import AttemptId, run_of_slot
from batch_jobs.inputs import plan_of
from batch_jobs.judge import Ended, Parts, Stopped
from batch_jobs.retrying import Before, Place, next_step
from batch_jobs.rows import RUNNING, Plan, RunRow
from batch_jobs.spec_reading import spec_of

NOW = 1_767_603_600.0
RUN = run_of_slot("nightly", NOW)
PARTS = Parts("app", frozenset({"app"}))
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report:1"


def document(**fields):
    return {
        "job": "nightly",
        "cluster": "prod",
        "taskDefinition": "report:1",
        "network": {"subnets": ["subnet-a"]},
    } | fields


def spec(**fields):
    return spec_of(document(**fields))


def plan(count=1, **fields):
    return Plan(
        run=RUN,
        spec=spec(fanOut={"count": count}, **fields),
        task_definition=DEFINITION,
        main="app",
        essential=("app",),
        count=count,
        shards=shards.encode(shards.all_of(count)),
        cpu="256",
        memory="512",
    )


def planned(items=None, definition=None, **fields):
    """A plan as it is made of a spec and a task definition with a sidecar."""
    changes = definition or {}
    definition = {
        "taskDefinitionArn": DEFINITION,
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "2048",
        "containerDefinitions": [
            {"name": "app", "memory": 1536},
            {"name": "proxy", "memory": 512, "essential": False},
        ],
    } | changes
    return plan_of(spec(**fields), RUN, definition, {"ecs-ops:jobs": "on"}, items)


def run(count=4, **fields):
    values = {"run": RUN, "job": "nightly", "state": RUNNING, "count": count, "created": NOW}
    return RunRow(**(values | fields))


def task(
    code="EssentialContainerExited", reason="Essential container in task exited", *ended, **more
):
    containers = ended or (Ended("app", 0),)
    values = {"task_arn": "arn:task", "started_at": NOW, "stopped_at": NOW + 60} | more
    return Stopped(stop_code=code, reason=reason, containers=tuple(containers), **values)


def follow(a_spec, verdict, attempt=1, before=None, place=None):
    """What follows an attempt."""
    id_ = AttemptId(RUN, 0, attempt)
    return next_step(a_spec, id_, place or Place(), verdict, before or Before(), NOW)
