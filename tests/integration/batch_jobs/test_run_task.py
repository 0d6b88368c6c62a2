"""RunTask: launched once, refused for a reason, tried again with the right token.

The ids in the names are those of the acceptance scenarios.
"""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from sandbox.faults import CallFault

LADDER = [
    {"provider": "FARGATE_SPOT", "subnets": ["subnet-a"]},
    {"provider": "FARGATE_SPOT", "subnets": ["subnet-b"]},
    {"provider": "FARGATE"},
]


def test_a_job_runs_to_its_end(jobs):
    world = jobs()

    world.submit(fanOut={"items": ["red", "green", "blue"]})
    world.run_for(200)

    run = world.run()
    assert (run.state, run.done, run.failed, run.closed) == ("SUCCEEDED", "7", "0", True)
    assert run.launches == 3
    assert run.cost_usd > 0
    assert world.agenda() == []
    assert world.job().active == ()
    assert world.dead_letters() == []
    assert world.alerts() == []


def test_every_task_knows_its_shard(jobs):
    world = jobs()

    world.submit(fanOut={"items": ["red", "green"]})
    world.run_for(60)

    seen = {}
    for task in world.tasks():
        (container,) = task["overrides"]["containerOverrides"]
        variables = {each["name"]: each["value"] for each in container["environment"]}
        seen[variables["JOB_SHARD_INDEX"]] = variables
        assert {"key": "ecs-ops:job", "value": "nightly"} in task["tags"]
        assert task["startedBy"] == f"job/{world.run().run}/{variables['JOB_SHARD_INDEX']}/1"
    assert {index: each["JOB_SHARD_ITEM"] for index, each in seen.items()} == {
        "0": "red",
        "1": "green",
    }
    assert all(
        each["JOB_SHARD_COUNT"] == "2" and each["JOB_ATTEMPT"] == "1" for each in seen.values()
    )


def test_e9_the_attempt_counts_from_one(jobs):
    world = jobs(App(runs_for_s=10, exit_code=1))

    world.submit(retries={"application": 2, "backoff": "1s"})
    world.run_for(600)

    attempts = [
        each["value"]
        for launch in world.launches()
        for each in launch["overrides"]["containerOverrides"][0]["environment"]
        if each["name"] == "JOB_ATTEMPT"
    ]
    assert attempts == ["1", "2", "3"]
    assert world.run().state == "FAILED"


@pytest.mark.parametrize("kind", ["timeout-after", "crash-after"])
def test_r2_a_launch_whose_answer_was_lost_starts_no_second_task(jobs, kind):
    world = jobs(faults=[CallFault(kind, service="ecs", operation="RunTask", nth=1)])

    world.submit()
    world.run_for(300)

    assert len(world.tasks()) == 1
    assert len({launch["clientToken"] for launch in world.launches()}) == 1
    assert world.run().state == "SUCCEEDED"


def test_r5_neither_task_nor_failure_is_no_end(jobs, monkeypatch):
    world = jobs()
    twin = world.account.gateway.simulators["ecs"]
    answer, empty = twin.call, [{"tasks": [], "failures": []}]

    def call(operation, params, caller):
        if operation == "RunTask" and empty:
            return empty.pop()
        return answer(operation, params, caller)

    monkeypatch.setattr(twin, "call", call)
    world.submit()
    world.run_for(300)

    assert world.run().state == "SUCCEEDED"
    assert len(world.tasks()) == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterException", "Rate exceeded (ErrorCode: Throttling)"),
        ("InvalidParameterException", "Request limit exceeded."),
        ("ClientException", "You've reached the limit on tasks in the PROVISIONING state."),
    ],
)
def test_r6_throttling_in_disguise_is_tried_again_with_the_same_token(jobs, code, message):
    fault = CallFault(
        "error", service="ecs", operation="RunTask", nth=1, code=code, message=message, status=400
    )
    world = jobs(faults=[fault])

    world.submit()
    world.run_for(300)

    first, second = world.launches()
    assert first["clientToken"] == second["clientToken"]
    assert world.run().state == "SUCCEEDED"


def test_r6_an_invalid_revision_is_permanent(jobs):
    fault = CallFault(
        "error",
        service="ecs",
        operation="RunTask",
        code="InvalidParameterException",
        message="Invalid revision number.",
        status=400,
    )
    world = jobs(faults=[fault])

    world.submit(fanOut={"count": 50})
    world.run_for(120)

    assert world.run().state == "FAILED"
    assert "Invalid revision number" in world.run().reason
    assert len(world.alerts("failed")) == 1


def test_r9_the_ladder_is_climbed_in_order_each_rung_with_its_own_token(jobs):
    world = jobs()
    world.account.ecs.capacity.limit("FARGATE_SPOT", 0)

    world.submit(capacity=LADDER)
    world.run_for(200)

    launches = world.launches()
    places = [
        (
            launch["capacityProviderStrategy"][0]["capacityProvider"],
            tuple(launch["networkConfiguration"]["awsvpcConfiguration"]["subnets"]),
        )
        for launch in launches
    ]
    assert places == [
        ("FARGATE_SPOT", ("subnet-a",)),
        ("FARGATE_SPOT", ("subnet-b",)),
        ("FARGATE", ("subnet-a", "subnet-b", "subnet-c")),
    ]
    assert len({launch["clientToken"] for launch in launches}) == 3
    assert world.run().state == "SUCCEEDED"


def test_r1_what_is_refused_is_tried_again_with_new_tokens_what_runs_is_tracked(jobs):
    world = jobs(App(runs_for_s=300))
    world.account.ecs.capacity.limit("FARGATE", 6)

    world.submit(fanOut={"count": 10}, network={"subnets": ["subnet-a"]}, retries={"launch": 20})
    world.run_for(15)
    assert len(world.tasks()) == 6
    world.account.ecs.capacity.limit("FARGATE", None)
    world.run_for(700)

    assert len(world.tasks()) == 10
    assert world.run().state == "SUCCEEDED"
    tokens = [launch["clientToken"] for launch in world.launches()]
    assert len(tokens) == len(set(tokens))


def test_r1_what_will_never_run_ends_the_run_what_runs_is_tracked_to_its_end(jobs):
    fatal = CallFault(
        "error",
        operation="RunTask",
        nth=9,
        code="InvalidParameterException",
        message="TaskDefinition is inactive",
        status=400,
    )
    world = jobs(App(runs_for_s=300), faults=[fatal])
    world.account.ecs.capacity.limit("FARGATE", 6)

    world.submit(fanOut={"count": 10}, network={"subnets": ["subnet-a"]}, retries={"launch": 20})
    world.run_for(200)

    assert world.run().state == "FAILED"
    assert "TaskDefinition is inactive" in world.run().reason
    assert [task["lastStatus"] for task in world.tasks()] == ["STOPPED"] * 6
    ended = [end.task for end in world.ends() if end.task]
    assert sorted(ended) == sorted(task["taskArn"] for task in world.tasks())


def test_r8_too_many_characters_are_refused_before_any_call(jobs):
    world = jobs()
    command = ["x" * 8193]

    world.submit(overrides={"containerOverrides": [{"name": "app", "command": command}]})
    world.run_for(30)

    assert world.launches() == []
    (alert,) = world.alerts("refused")
    assert "$.overrides" in alert["title"]
