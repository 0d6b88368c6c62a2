from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.ecs import EcsSettings
from sandbox.ecs.hooks import HookAnswer, HookCall
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import World
from tests.unit.sandbox.ecs.rollout_world import current, deploy, serve, served, statuses, told

ROLE = "arn:aws:iam::123456789012:role/ecs-hooks"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:verify"


def pausing(stage: str = "POST_SCALE_UP", **timeout: Any) -> dict[str, Any]:
    hook: dict[str, Any] = {"targetType": "PAUSE", "lifecycleStages": [stage]}
    if timeout:
        hook["timeoutConfiguration"] = timeout
    return {"lifecycleHooks": [hook]}


def asking(*stages: str, **more: Any) -> dict[str, Any]:
    hook = {
        "targetType": "AWS_LAMBDA",
        "hookTargetArn": FUNCTION,
        "roleArn": ROLE,
        "lifecycleStages": list(stages),
    }
    return {"lifecycleHooks": [hook | more]}


class Function:
    """A function behind a hook; ``answers`` are given one after the other, the last for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[HookCall] = []

    def __call__(self, call: HookCall, done: Callable[[HookAnswer], None]) -> None:
        self.calls.append(call)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        done(answer if isinstance(answer, HookAnswer) else HookAnswer(result=answer))


def paused(world: World, configuration: dict[str, Any]) -> dict[str, Any]:
    """Deploy until the deployment waits for somebody; answer the hook."""
    serve(world)
    deploy(world, deploymentConfiguration=configuration)
    world.run(180)
    (hook,) = current(world)["lifecycleHookDetails"]
    return hook


def proceed(world: World, hook: dict[str, Any], **action: str) -> None:
    world.ecs(
        "ContinueServiceDeployment",
        serviceDeploymentArn=current(world)["serviceDeploymentArn"],
        hookId=hook["hookId"],
        **action,
    )


def test_a_pause_waits_for_somebody(world: World) -> None:
    hook = paused(world, pausing())
    assert re.fullmatch(r"ecs-pause-[A-Za-z0-9_-]{43}", hook["hookId"])
    assert (hook["targetType"], hook["status"]) == ("PAUSE", "AWAITING_ACTION")
    assert hook["timeoutAction"] == "ROLLBACK"
    world.run(12 * 3600)
    assert current(world)["status"] == "IN_PROGRESS"
    assert current(world)["lifecycleStage"] == "POST_SCALE_UP"


def test_a_pause_is_announced_with_the_documented_fields(world: World) -> None:
    hook = paused(world, pausing(timeoutInMinutes=10, action="ROLLBACK"))
    (event,) = [each for each in world.events if each["detail-type"] == "ECS Hook State Change"]
    arn = current(world)["serviceDeploymentArn"]
    assert event["resources"] == [arn]
    detail = dict(event["detail"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", detail.pop("updatedAt"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", detail.pop("expiresAt"))
    assert detail == {
        "eventType": "INFO",
        "eventName": "HOOK_AWAITING_ACTION",
        "hookId": hook["hookId"],
        "hookType": "PAUSE",
        "lifecycleStage": "POST_SCALE_UP",
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/prod",
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/prod/web",
        "serviceDeploymentArn": arn,
    }


def hook_events(world: World) -> list[str]:
    return [each["eventName"] for each in world.details("ECS Hook State Change")]


def test_without_an_action_continue_continues(world: World) -> None:
    proceed(world, paused(world, pausing()))
    world.run(60)
    assert statuses(world) == ["SUCCESSFUL", "SUCCESSFUL"]
    assert served(world) == {"2"}
    assert hook_events(world) == ["HOOK_AWAITING_ACTION", "HOOK_SUCCEEDED"]


def test_a_pause_can_be_continued_with_a_rollback(world: World) -> None:
    proceed(world, paused(world, pausing()), action="ROLLBACK")
    world.run(180)
    assert statuses(world) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    assert served(world) == {"1"}
    assert hook_events(world) == ["HOOK_AWAITING_ACTION", "HOOK_FAILED"]
    assert "POST_SCALE_UP lifecycle hook(s) failed." in current(world)["statusReason"]


@pytest.mark.parametrize(
    ("action", "status", "revision"),
    [("ROLLBACK", "ROLLBACK_SUCCESSFUL", "1"), ("CONTINUE", "SUCCESSFUL", "2")],
)
def test_a_pause_times_out(world: World, action: str, status: str, revision: str) -> None:
    paused(world, pausing(timeoutInMinutes=10, action=action))
    world.run(900)
    assert statuses(world)[0] == status
    assert served(world) == {revision}
    assert hook_events(world) == ["HOOK_AWAITING_ACTION", "HOOK_TIMED_OUT"]


def test_a_pause_before_the_scale_up_keeps_the_tasks_from_starting(world: World) -> None:
    hook = paused(world, pausing("PRE_SCALE_UP"))
    assert served(world) == {"1"}
    proceed(world, hook, action="CONTINUE")
    world.run(180)
    assert served(world) == {"2"}


def test_a_hook_is_continued_once(world: World) -> None:
    hook = paused(world, pausing())
    proceed(world, hook)
    with pytest.raises(ApiError, match="InvalidParameterException"):
        proceed(world, hook)


def test_an_unknown_deployment_cannot_be_continued(world: World) -> None:
    hook = paused(world, pausing())
    with pytest.raises(ApiError, match="ServiceDeploymentNotFoundException"):
        world.ecs("ContinueServiceDeployment", serviceDeploymentArn="x", hookId=hook["hookId"])


def test_a_paused_deployment_can_be_stopped(world: World) -> None:
    paused(world, pausing())
    arn = current(world)["serviceDeploymentArn"]
    world.ecs("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ROLLBACK")
    world.run(180)
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    assert served(world) == {"1"}
    assert "lifecycleHookDetails" not in current(world)


def test_a_function_is_asked_with_the_documented_payload(world: World) -> None:
    function = Function({"hookStatus": "SUCCEEDED"})
    world.twin.connect(invoke=function)
    serve(world)
    deploy(world, deploymentConfiguration=asking("PRE_SCALE_UP", hookDetails={"key": "value"}))
    world.run(180)
    (call,) = function.calls
    assert (call.function_arn, call.role_arn) == (FUNCTION, ROLE)
    payload = dict(call.payload)
    assert re.fullmatch(r"[0-9a-f-]{36}", payload.pop("executionId"))
    assert payload == {
        "lifecycleStage": "PRE_SCALE_UP",
        "resourceArn": current(world)["serviceDeploymentArn"],
        "executionDetails": {
            "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/prod/web",
            "targetServiceRevisionArn": current(world)["targetServiceRevision"]["arn"],
            "testTrafficWeights": {},
            "productionTrafficWeights": {},
        },
        "hookDetails": {"key": "value"},
    }
    assert statuses(world)[0] == "SUCCESSFUL"


def test_a_function_is_asked_again_with_what_it_wants_to_remember(world: World) -> None:
    function = Function(
        {"hookStatus": "IN_PROGRESS", "callBackDelay": 60, "hookDetails": {"asked": 1}},
        {"hookStatus": "IN_PROGRESS"},
        {"hookStatus": "SUCCEEDED"},
    )
    world.twin.connect(invoke=function)
    serve(world)
    deploy(world, deploymentConfiguration=asking("PRE_SCALE_UP"))
    world.run(5)
    assert current(world)["lifecycleHookDetails"][0]["status"] == "IN_PROGRESS"
    assert current(world)["lifecycleHookDetails"][0]["targetArn"] == FUNCTION
    world.run(55)
    assert len(function.calls) == 1
    world.run(5)
    assert len(function.calls) == 2
    world.run(30)
    assert [call.payload.get("hookDetails") for call in function.calls] == [
        None,
        {"asked": 1},
        {"asked": 1},
    ]
    assert len({call.payload["executionId"] for call in function.calls}) == 1


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"hookStatus": "FAILED"}, f"Lifecycle hook target {FUNCTION} returned FAILED status."),
        (
            HookAnswer(),
            (
                f"ECS was unable to parse the response from {FUNCTION} due to: "
                "HookStatus must not be null."
            ),
        ),
        (
            {"status": "ok"},
            (
                f"ECS was unable to parse the response from {FUNCTION} due to: "
                "HookStatus must not be null."
            ),
        ),
        (
            HookAnswer(refusal=f"ECS was unable to assume role {ROLE}"),
            f"ECS was unable to assume role {ROLE}",
        ),
    ],
)
def test_a_hook_that_fails_rolls_the_deployment_back(
    world: World, answer: Any, detail: str
) -> None:
    world.twin.connect(invoke=Function(answer))
    serve(world)
    deploy(world, deploymentConfiguration=asking("PRE_SCALE_UP"))
    world.run(180)
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    assert current(world)["statusReason"] == (
        f"Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. {detail}"
    )
    said = [each["message"] for each in world.describe()["events"]]
    assert any("deployment failed: Service deployment rolled back" in each for each in said)
    assert served(world) == {"1"}


@pytest.mark.parametrize("announced", [True, False])
def test_whether_a_failed_hook_is_announced_is_not_known(clock: Any, *, announced: bool) -> None:
    world = World(clock, EcsSettings(announces_failed_hooks=announced))
    world.twin.connect(invoke=Function({"hookStatus": "FAILED"}))
    serve(world)
    deploy(world, deploymentConfiguration=asking("PRE_SCALE_UP"))
    world.run(180)
    assert ("FAILED" in [name for name, _ in told(world)]) == announced


def test_a_hook_that_fails_the_first_deployment_finds_no_candidate(world: World) -> None:
    world.twin.connect(invoke=Function({"hookStatus": "FAILED"}))
    world.service("web", 1, deploymentConfiguration=asking("PRE_SCALE_UP"))
    world.run(60)
    assert current(world)["status"] == "ROLLBACK_FAILED"
    assert current(world)["statusReason"] == "No rollback candidate was found to run the rollback."


def test_the_hooks_of_a_stage_run_side_by_side_and_all_have_to_succeed(world: World) -> None:
    function = Function({"hookStatus": "SUCCEEDED"})
    world.twin.connect(invoke=function)
    hooks = [
        *pausing("PRE_SCALE_UP")["lifecycleHooks"],
        *asking("PRE_SCALE_UP")["lifecycleHooks"],
    ]
    serve(world)
    deploy(world, deploymentConfiguration={"lifecycleHooks": hooks})
    world.run(30)
    shown = {each["targetType"]: each["status"] for each in current(world)["lifecycleHookDetails"]}
    assert shown == {"PAUSE": "AWAITING_ACTION", "AWS_LAMBDA": "SUCCEEDED"}
    pause = next(e for e in current(world)["lifecycleHookDetails"] if e["targetType"] == "PAUSE")
    proceed(world, pause, action="CONTINUE")
    world.run(180)
    assert statuses(world)[0] == "SUCCESSFUL"
