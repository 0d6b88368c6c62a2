"""Both halves of the guard through the shipped stack, scenario by scenario: what is told, done and noted."""

from __future__ import annotations

import json

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App, EcsSettings
from sandbox.faults import CallFault
from sandbox.world import check_world
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import REPOSITORY, SECRET, Observed

BROKEN = App.without_secret(SECRET)
LATEST = f"{REPOSITORY}:latest"
BAKING = {"bake": "15m", "bake_alarms": "errors"}


def whole(operate, **service):
    guard = Observed(operate([web(**service)]))
    guard.tag(rollback="auto")
    return guard


def of_image(operate, image, options=None, **tags):
    """A service that runs an image of ECR, and an alarm that is OK."""
    world = operate(world=False, **(options or {}))
    guard = Observed(world)
    guard.push("latest", "v1")
    service = web(containers=[{"name": "app", "port": 8080, "image": image}])
    document = {"clusters": [{"name": "prod", "services": [service]}]}
    check_world(document, "test").build(world.account)
    create_alarm(world.account, "errors")
    world.account.run_for(180)
    guard.tag(**({"rollback": "auto"} | BAKING | tags))
    world.account.run_for(1000)
    world.trace.clear()
    return guard


def alarm(guard, state, *, seconds=60):
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue=state, StateReason="5 errors in a minute"
    )
    guard.account.run_for(seconds)


def states(guard):
    return [row.state for row in reversed(guard.audit())]


def newest(guard):
    return next(row for row in guard.ledger().deployments if not row.rolls_back)


def made(guard, operation):
    """The parameters of the guard's own calls of an operation that AWS took."""
    return [call["parameters"] for call in guard.world.calls(operation, outcome="ok")]


def images(guard):
    """What the service's tasks run: digests."""
    tasks = guard.ecs.describe_tasks(cluster="prod", tasks=guard.world.tasks("web"))["tasks"]
    return {one["imageDigest"] for task in tasks for one in task["containers"]}


def test_s02_a_missing_image_is_told_and_rolled_back_within_half_a_minute(operate):
    # Both tasks fail at the same moment, and each call takes its time.
    options = {"ecs": EcsSettings(jitter=0.0), "latency_s": 0.03}
    guard = of_image(operate, f"{REPOSITORY}:v1", options)
    guard.push("v6", "v7", "v8")
    guard.release(image=f"{REPOSITORY}:v9", seconds=400)
    failed = [
        entry.at
        for entry in guard.world.trace.select("event")
        if entry["event"]["detail"].get("stopCode") == "TaskFailedToStart"
    ]
    (stopped,) = guard.world.calls("StopServiceDeployment", outcome="ok")
    assert stopped.at - sorted(failed)[1] < 30
    assert stopped["parameters"]["stopType"] == "ROLLBACK"
    assert guard.writes() == ["StopServiceDeployment"]
    first = guard.alerts()[0]["summary"]
    assert "Tag v9 is not in repository app; the newest tags are v8, v7, v6." in first
    assert "2 of 2 failed tasks ended like this." in first
    assert "The toolkit is rolling back to web:1 now." in first
    assert newest(guard).diagnosis.cause_id == "IMAGE_NOT_FOUND"
    assert 0 < seconds_of_lambda(guard) < 10
    assert states(guard) == ["ATTEMPT", "REQUESTED"]
    assert newest(guard).outcome is Outcome.ROLLED_BACK


def seconds_of_lambda(guard):
    """What all functions of the toolkit together ran for."""
    return sum(one["duration_ms"] for one in guard.world.trace.select("invocation")) / 1000


@pytest.mark.parametrize("again", [False, True])
def test_s13_a_mutable_tag_needs_the_opt_in_also_across_revisions(operate, again):
    """``again``: not the same task definition is deployed again, but a new revision with the same tag."""
    guard = of_image(operate, LATEST)
    before = images(guard)
    release_another_build(guard, new_revision=again)
    alarm(guard, "ALARM")
    assert guard.writes() == []
    (alert,) = guard.alerts()
    assert "mutable tag" in alert["summary"]
    assert "ecs-ops:pin-digests=on allows a pinned copy" in json.dumps(alert)
    assert states(guard) == ["REFUSED"]
    assert not images(guard) & before


@pytest.mark.parametrize("again", [False, True])
def test_s13_a_pinned_copy_brings_the_proven_image_back(operate, again):
    guard = of_image(operate, LATEST, pin_digests="on")
    before = images(guard)
    release_another_build(guard, new_revision=again)
    alarm(guard, "ALARM", seconds=300)
    assert guard.writes() == ["RegisterTaskDefinition", "UpdateService"]
    told = json.dumps(guard.alerts()[0]["evidence"])
    assert "a copy of web:1 will be the latest revision of web:" in told
    (registered,) = made(guard, "RegisterTaskDefinition")
    (digest,) = before
    assert registered["containerDefinitions"][0]["image"] == f"{REPOSITORY}@{digest}"
    assert "ecs-ops:pinned-from" in json.dumps(registered["tags"])
    assert images(guard) == before
    assert guard.stages()[-1] == "rolled-back"


def release_another_build(guard, *, new_revision):
    guard.account.images.push(LATEST, "another build")
    if new_revision:
        guard.release(image=LATEST, environment=[{"name": "BUILD", "value": "2"}], seconds=300)
    else:
        guard.ecs.update_service(cluster="prod", service="web", forceNewDeployment=True)
        guard.account.run_for(300)


@pytest.mark.parametrize(
    ("spoiled", "tags", "calls", "why"),
    [
        (None, {}, ["UpdateService"], ""),
        ("inactive", {}, [], "web:1: its task definition is INACTIVE"),
        ("inactive", {"reregister": "on"}, ["RegisterTaskDefinition", "UpdateService"], ""),
        ("deleted", {}, [], "is no longer in the registry"),
    ],
)
def test_s14_back_to_what_is_proven_and_never_to_a_bad_one(operate, spoiled, tags, calls, why):
    """1 is good, 2 was rolled back to it, 3 succeeded and was found to be bad, 4 fails."""
    guard = of_image(operate, f"{REPOSITORY}:v1", **tags)
    guard.push("v2", "v3", "v4")
    guard.release(image=f"{REPOSITORY}:v2", app=BROKEN, seconds=200)
    assert newest(guard).outcome is Outcome.ROLLED_BACK
    guard.tag(rollback="notify")
    guard.release(image=f"{REPOSITORY}:v3", seconds=200)
    alarm(guard, "ALARM")
    guard.account.run_for(2000)
    assert guard.ledger().bad(newest(guard).target)
    if spoiled == "inactive":
        guard.ecs.deregister_task_definition(taskDefinition="web:1")
    if spoiled == "deleted":
        guard.account.client("ecr").batch_delete_image(
            repositoryName="app", imageIds=[{"imageTag": "v1"}]
        )
    guard.tag(rollback="auto")
    guard.world.trace.clear()
    guard.release(image=f"{REPOSITORY}:v4", app=BROKEN, seconds=200)
    assert guard.writes() == calls
    if calls:
        (updated,) = made(guard, "UpdateService")
        target = updated["taskDefinition"].rpartition("/")[2]
        assert target == ("web:5" if spoiled else "web:1")
    else:
        assert why in json.dumps(guard.alerts()[0])
    assert "web:3" not in json.dumps(made(guard, "UpdateService"))


def test_s16_what_failed_is_refused_by_the_hook_when_it_comes_again(operate):
    """ECS asks the shipped hook, the observer remembers what failed, the executor stands by."""
    guard = whole(operate, target_groups=[{"name": "web", "alternate": "web2"}])
    guard.tag(known_bad="enforce")
    stack = guard.world.stack
    hook = {
        "hookTargetArn": guard.account.functions.get(stack.ref("DeployGuardHookFunction")).arn,
        "roleArn": f"arn:aws:iam::123456789012:role/{stack.ref('DeployGuardHookInvokerRole')}",
        "lifecycleStages": ["PRE_SCALE_UP"],
    }
    guard.ecs.update_service(
        cluster="prod", service="web", deploymentConfiguration={"lifecycleHooks": [hook]}
    )
    guard.account.run_for(300)
    bad = guard.release(app=BROKEN, seconds=400)
    assert guard.writes() == ["StopServiceDeployment"]
    assert guard.ledger().bad(newest(guard).target)
    guard.world.trace.clear()
    guard.ecs.update_service(cluster="prod", service="web", taskDefinition=bad)
    guard.account.run_for(400)
    answers = [
        entry["result"]
        for entry in guard.world.trace.select("invocation")
        if entry["function"] == stack.function("DeployGuardHookFunction").name
    ]
    assert [one["hookStatus"] for one in answers] == ["FAILED"]
    assert newest(guard).outcome is Outcome.ROLLED_BACK
    assert guard.writes() == []
    assert guard.stages()[-1] == "rolled-back"


def test_s21_what_arrives_late_is_told_although_the_rollback_is_ordered(operate):
    guard = Observed(operate([web()], ecs=EcsSettings(log_ingestion_s=30)))
    guard.tag(rollback="auto")
    room = {"minimumHealthyPercent": 0, "maximumPercent": 100}
    guard.ecs.update_service(cluster="prod", service="web", deploymentConfiguration=room)
    guard.release(app=App.crash("KeyError: 'DATABASE_URL'", after_s=1), seconds=300)
    assert guard.writes() == ["StopServiceDeployment"]
    (late,) = [one for one in guard.alerts() if one["stage"] == "evidence"]
    assert "KeyError: 'DATABASE_URL'" in late["summary"]


def test_s26_a_failure_is_told_within_five_seconds_and_twelve_calls(operate):
    guard = Observed(operate([web()], latency_s=0.03))
    guard.tag(rollback="auto")
    guard.account.run_for(60)
    guard.account.recycle()
    guard.world.trace.clear()
    guard.release(app=BROKEN, seconds=0)
    name = guard.world.stack.function("DeployGuardFunction").name
    while not guard.alerts():
        guard.account.run_for(1)
    first = min(
        entry.at
        for entry in guard.world.trace.select("event")
        if entry["event"]["detail"].get("stopCode") == "TaskFailedToStart"
    )
    told = guard.world.calls("PutEvents", outcome="ok", function=name)[0]
    assert told["ended"] - first < 5
    ordered = guard.world.calls("SendMessageBatch", outcome="ok", function=name)[0]
    calls = [
        call
        for call in guard.world.calls(function=name)
        if first <= call["started"] <= ordered["started"]
    ]
    assert 5 < len(calls) <= 12


def test_s21_a_registry_that_is_silent_holds_up_neither_alert_nor_rollback(operate):
    guard = of_image(operate, f"{REPOSITORY}:v1")
    guard.push("v2")
    guard.release(image=f"{REPOSITORY}:v2", seconds=300)
    guard.account.faults.add(CallFault("timeout-after", operation="DescribeImages"))
    fired = guard.world.now
    alarm(guard, "ALARM", seconds=300)
    sent = [one for one in guard.world.calls("PutEvents", outcome="ok") if one["started"] >= fired]
    assert sent[0]["ended"] - fired < 10
    assert guard.writes() == ["UpdateService"]
