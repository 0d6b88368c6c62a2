"""The guard's lifecycle hook: asked by ECS for each blue/green deployment, it refuses what failed before."""

from __future__ import annotations

import msgspec
import pytest

from deploy_guard.described import content_hash, version_of
from deploy_guard.model import Judged
from deploy_guard.reputation import with_judgement
from sandbox.faults import CallFault
from tests.integration.deploy_guard.guarded import AUTO, Guard, guarded

HOOK = "DeployGuardHookFunction"
NO_SERVICE = {
    "lifecycleStage": "PRE_SCALE_UP",
    "resourceArn": "arn:aws:ecs:eu-west-1:123456789012:service-deployment",
}
ENFORCE = AUTO | {"ecs-ops:known-bad": "enforce"}


def condemn(guard, revision_arn):
    """Remember the version of a revision as bad, by an earlier deployment."""
    ecs = guard.client("ecs")
    shown = ecs.describe_service_revisions(serviceRevisionArns=[revision_arn])["serviceRevisions"][
        0
    ]
    definition = ecs.describe_task_definition(taskDefinition=shown["taskDefinition"])
    version = msgspec.structs.replace(
        version_of(shown), content_hash=content_hash(definition["taskDefinition"])
    )
    known = guard.known
    bad = Judged(version, False, guard.account.clock.now(), "earlier", "out of memory (OOM)")
    ledger = with_judgement(known.ledger, bad)
    assert guard.store.save(known, ledger, None, guard.account.clock.now())
    return version


@pytest.fixture
def guard(operate):
    return Guard(operate([guarded(tags=ENFORCE)]))


def ask(guard, **fields):
    row = guard.remember().deployments[0]
    details = {
        "serviceArn": guard.arn,
        "targetServiceRevisionArn": row.target.revision_arn,
        "testTrafficWeights": {},
        "productionTrafficWeights": {},
    } | fields.pop("details", {})
    event = {
        "executionId": "1",
        "lifecycleStage": "PRE_SCALE_UP",
        "resourceArn": row.id,
        "executionDetails": details,
    } | fields
    done = guard.account.invoke(HOOK, event)
    assert done.ok, done.error
    return done.result


def test_s16_a_version_that_failed_before_is_refused(guard):
    guard.release(seconds=120)
    condemn(guard, guard.remember().deployments[0].target.revision_arn)
    answer = ask(guard)
    assert answer["hookStatus"] == "FAILED"
    assert "out of memory" in answer["reason"]


def test_s16_without_enforce_it_passes(operate):
    guard = Guard(operate([guarded()]))
    guard.release(seconds=120)
    condemn(guard, guard.remember().deployments[0].target.revision_arn)
    answer = ask(guard)
    assert answer["hookStatus"] == "SUCCEEDED"
    assert "ecs-ops:known-bad=enforce would refuse it" in answer["reason"]


def test_s16_a_version_that_nobody_knows_passes(guard):
    guard.release(seconds=120)
    assert ask(guard)["hookStatus"] == "SUCCEEDED"


def test_s16_the_first_deployment_passes(guard):
    condemn(guard, guard.remember().deployments[0].target.revision_arn)
    assert ask(guard)["hookStatus"] == "SUCCEEDED"


@pytest.mark.parametrize("stage", ["PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT"])
def test_s16_a_rollback_is_let_through_without_a_look(guard, stage):
    guard.release(seconds=120)
    target = guard.remember().deployments[0].target.revision_arn
    condemn(guard, target)
    guard.world.trace.clear()
    kind = "productionTrafficWeights" if stage.startswith("PROD") else "testTrafficWeights"
    answer = ask(guard, lifecycleStage=stage, details={kind: {target: 0.0, "old": 100.0}})
    assert answer["hookStatus"] == "SUCCEEDED"
    assert guard.world.calls() == []


@pytest.mark.parametrize(
    ("weights", "looks"),
    [
        ({"testTrafficWeights": {"new": 0}, "productionTrafficWeights": {"old": 100}}, False),
        (
            {"testTrafficWeights": {"new": 100}, "productionTrafficWeights": {"new": 0}},
            True,
        ),
    ],
)
def test_s16_each_stage_has_its_own_weights(guard, weights, looks):
    guard.release(seconds=120)
    target = guard.remember().deployments[0].target.revision_arn
    condemn(guard, target)
    given = {
        name: {target if key == "new" else key: value for key, value in of.items()}
        for name, of in weights.items()
    }
    answer = ask(guard, lifecycleStage="TEST_TRAFFIC_SHIFT", details=given)
    assert answer["hookStatus"] == ("FAILED" if looks else "SUCCEEDED")


@pytest.mark.parametrize(
    "event",
    [{}, None, [], "x", {"lifecycleStage": 3}, {"lifecycleStage": "PRE_SCALE_UP"}, NO_SERVICE],
)
def test_s16_a_question_that_nobody_understands_is_answered(guard, event):
    done = guard.account.invoke(HOOK, event)
    assert done.ok
    assert done.result["hookStatus"] == "FAILED"


@pytest.mark.parametrize(
    "operation", ["BatchGetItem", "DescribeServices", "DescribeTaskDefinition"]
)
def test_s16_whatever_fails_inside_is_an_answer_and_an_alert(guard, operation):
    guard.release(seconds=120)
    function = guard.world.stack.function(HOOK).name
    guard.account.faults.add(
        CallFault("error", operation=operation, function=function, code="X", status=400)
    )
    answer = ask(guard)
    assert answer["hookStatus"] == "FAILED"
    guard.account.run_for(5)
    assert guard.stages == ["hook-failed"]


@pytest.mark.parametrize(
    "operation", ["BatchGetItem", "DescribeServices", "DescribeTaskDefinition"]
)
def test_s16_whoever_is_silent_inside_is_not_waited_for(guard, operation):
    guard.release(seconds=120)
    function = guard.world.stack.function(HOOK).name
    for silent in (operation, "PutEvents"):
        guard.account.faults.add(CallFault("timeout-after", operation=silent, function=function))
    answer = ask(guard)
    assert answer["hookStatus"] == "FAILED"
    assert "no answer within 12 s" in answer["reason"]
    (run,) = guard.world.trace.select("invocation", function=function)
    assert run["duration_ms"] < 20_000


def test_a_switch_that_cannot_be_read_opens_no_gate(guard):
    guard.release(seconds=120)
    condemn(guard, guard.remember().deployments[0].target.revision_arn)
    guard.account.faults.add(CallFault("timeout-after", operation="GetParameter"))
    answer = ask(guard)
    assert answer["hookStatus"] == "FAILED"
    assert "whether the guard is switched off could not be read" in answer["reason"]


def test_the_switch_opens_the_gate(guard):
    guard.release(seconds=120)
    condemn(guard, guard.remember().deployments[0].target.revision_arn)
    guard.client("ssm").put_parameter(
        Name=guard.world.stack.ref("DeployGuardSwitch"), Value="off", Overwrite=True
    )
    assert ask(guard)["hookStatus"] == "SUCCEEDED"


def test_no_call_of_the_hook_is_denied_and_none_writes(guard):
    guard.release(seconds=120)
    condemn(guard, guard.remember().deployments[0].target.revision_arn)
    ask(guard)
    function = guard.world.stack.function(HOOK).name
    calls = guard.world.calls(function=function)
    assert {call["outcome"] for call in calls} == {"ok"}
    assert all(call["operation"].startswith(("Describe", "Get", "Batch", "List")) for call in calls)


def test_an_older_question_has_its_details_beside_the_stage(guard):
    row = guard.remember().deployments[0]
    event = {
        "lifecycleStage": "PRE_SCALE_UP",
        "resourceArn": row.id,
        "serviceArn": guard.arn,
        "targetServiceRevisionArn": row.target.revision_arn,
    }
    assert guard.account.invoke(HOOK, event).result["hookStatus"] == "SUCCEEDED"
