from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import App
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import World
from tests.unit.sandbox.ecs.rollout_world import (
    NO_IMAGE,
    breaker,
    current,
    deploy,
    serve,
    served,
    statuses,
    stop,
    told,
)
from tests.unit.sandbox.ecs.test_lifecycle_hooks import Function, asking, pausing

STAGES = [
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
]
HOOKED = [each for each in STAGES if each not in {"SCALE_UP", "BAKE_TIME", "CLEAN_UP"}]


class Green(World):
    """A service with a production and an alternate target group that shifts traffic."""

    def begin(self, strategy: str = "BLUE_GREEN", **configuration: Any) -> None:
        self.blue, self.green = self.target_group("blue"), self.target_group("green")
        balancer = {
            "targetGroupArn": self.blue,
            "containerName": "web",
            "containerPort": 8080,
            "advancedConfiguration": {
                "alternateTargetGroupArn": self.green,
                "productionListenerRule": "rule-1",
                "roleArn": "arn:aws:iam::123456789012:role/ecs-lb",
            },
        }
        given = {"strategy": strategy, "bakeTimeInMinutes": 10} | configuration
        serve(self, 2, loadBalancers=[balancer], deploymentConfiguration=given)
        self.run(1800)
        assert statuses(self) == ["SUCCESSFUL"]

    def production(self) -> dict[str, float]:
        """The weights of production traffic, by revision of the task definition."""
        weights = {}
        entry = current(self)
        for each in [entry["targetServiceRevision"], *entry["sourceServiceRevisions"]]:
            if "requestedProductionTrafficWeight" in each:
                revision = self.ecs("DescribeServiceRevisions", serviceRevisionArns=[each["arn"]])
                definition = revision["serviceRevisions"][0]["taskDefinition"]
                weights[definition.rsplit(":", 1)[1]] = each["requestedProductionTrafficWeight"]
        return weights


@pytest.fixture
def green(world: World) -> Green:
    world.__class__ = Green
    assert isinstance(world, Green)
    return world


def stages_during(world: World, seconds: int) -> list[str]:
    seen = []
    for _ in range(seconds):
        world.run(1)
        seen.append(current(world).get("lifecycleStage"))
    return [each for each in dict.fromkeys(seen) if each]


def test_both_run_until_the_bake_time_is_over(green: Green) -> None:
    green.begin()
    deploy(green)
    green.run(120)
    assert current(green)["lifecycleStage"] == "BAKE_TIME"
    assert served(green) == {"1", "2"}
    assert green.production() == {"1": 0.0, "2": 100.0}
    green.run(400)
    assert current(green)["lifecycleStage"] == "BAKE_TIME"
    green.run(240)
    assert statuses(green)[0] == "SUCCESSFUL"
    assert served(green) == {"2"}


def test_the_stages_come_in_the_documented_order(green: Green) -> None:
    function = Function({"hookStatus": "SUCCEEDED"})
    green.twin.connect(invoke=function)
    green.begin()
    deploy(green, deploymentConfiguration=asking(*HOOKED))
    seen = stages_during(green, 900)
    assert [each for each in seen if each not in HOOKED] == ["SCALE_UP", "BAKE_TIME", "CLEAN_UP"]
    assert [call.payload["lifecycleStage"] for call in function.calls] == HOOKED


def test_hooks_get_the_weights_of_their_stage(green: Green) -> None:
    function = Function({"hookStatus": "SUCCEEDED"})
    green.twin.connect(invoke=function)
    green.begin()
    deploy(green, deploymentConfiguration=asking(*HOOKED))
    green.run(300)
    entry = current(green)
    new, old = entry["targetServiceRevision"]["arn"], entry["sourceServiceRevisions"][0]["arn"]
    weights = {
        call.payload["lifecycleStage"]: (
            call.payload["executionDetails"]["testTrafficWeights"],
            call.payload["executionDetails"]["productionTrafficWeights"],
        )
        for call in function.calls
    }
    assert weights.pop("TEST_TRAFFIC_SHIFT") == ({new: 100.0, old: 0.0}, {})
    assert weights.pop("PRE_PRODUCTION_TRAFFIC_SHIFT") == ({}, {new: 0.0, old: 100.0})
    assert weights.pop("PRODUCTION_TRAFFIC_SHIFT") == ({}, {new: 100.0, old: 0.0})
    assert set(map(str, weights.values())) == {"({}, {})"}


def test_green_is_in_the_other_target_group(green: Green) -> None:
    green.begin()
    deploy(green)
    green.run(120)
    assert list(green.health(green.blue).values()) == ["healthy", "healthy"]
    assert list(green.health(green.green).values()) == ["healthy", "healthy"]
    green.run(900)
    assert green.health(green.blue) == {}
    deploy(green)
    green.run(900)
    assert green.health(green.green) == {}
    arn = current(green)["targetServiceRevision"]["arn"]
    (revision,) = green.ecs("DescribeServiceRevisions", serviceRevisionArns=[arn])[
        "serviceRevisions"
    ]
    assert revision["resolvedConfiguration"]["loadBalancers"] == [
        {"targetGroupArn": green.blue, "productionListenerRule": "rule-1"}
    ]


@pytest.mark.parametrize("stage", ["PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT"])
def test_a_hook_that_fails_before_the_shift_leaves_production_alone(
    green: Green, stage: str
) -> None:
    function = Function({"hookStatus": "FAILED"}, {"hookStatus": "SUCCEEDED"})
    green.twin.connect(invoke=function)
    green.begin()
    deploy(green, deploymentConfiguration=asking(stage))
    green.run(600)
    assert statuses(green)[0] == "ROLLBACK_SUCCESSFUL"
    assert served(green) == {"1"}
    assert f"because {stage} lifecycle hook(s) failed." in current(green)["statusReason"]


def test_during_the_bake_time_a_rollback_flips_the_weights_and_asks_the_hooks(green: Green) -> None:
    function = Function({"hookStatus": "SUCCEEDED"})
    green.twin.connect(invoke=function)
    green.begin()
    deploy(green, deploymentConfiguration=asking("PRODUCTION_TRAFFIC_SHIFT"))
    green.run(120)
    assert current(green)["lifecycleStage"] == "BAKE_TIME"
    blue = {task["taskArn"] for task in green.tasks() if task["taskDefinitionArn"].endswith(":1")}
    stop(green)
    green.run(5)
    assert green.production() == {"1": 100.0, "2": 0.0}
    back = function.calls[-1].payload
    entry = current(green)
    new, old = entry["targetServiceRevision"]["arn"], entry["sourceServiceRevisions"][0]["arn"]
    assert back["lifecycleStage"] == "PRODUCTION_TRAFFIC_SHIFT"
    assert back["executionDetails"]["productionTrafficWeights"] == {new: 0.0, old: 100.0}
    assert back["executionDetails"]["targetServiceRevisionArn"] == new
    green.run(120)
    assert statuses(green)[0] == "ROLLBACK_SUCCESSFUL"
    assert {task["taskArn"] for task in green.tasks()} == blue
    old_id, new_id = told(green)[0][1], told(green)[2][1]
    assert told(green)[2:] == [
        ("IN_PROGRESS", new_id),
        ("IN_PROGRESS", old_id),
        ("COMPLETED", old_id),
    ]


def test_a_hook_that_fails_during_a_rollback_fails_the_rollback(green: Green) -> None:
    function = Function({"hookStatus": "SUCCEEDED"}, {"hookStatus": "FAILED"})
    green.twin.connect(invoke=function)
    green.begin()
    deploy(green, deploymentConfiguration=asking("PRODUCTION_TRAFFIC_SHIFT"))
    green.run(120)
    stop(green)
    green.run(60)
    assert statuses(green)[0] == "ROLLBACK_FAILED"
    assert len(function.calls) == 2


def test_tasks_that_never_become_healthy_keep_production_on_blue(green: Green) -> None:
    green.begin()
    deploy(green, App.unhealthy(500))
    green.run(1200)
    assert current(green)["lifecycleStage"] == "SCALE_UP"
    assert green.production() == {}
    assert "1" in served(green)


def test_a_breaker_rolls_back_a_blue_green_deployment_too(green: Green) -> None:
    green.begin()
    deploy(green, NO_IMAGE, deploymentConfiguration=breaker())
    green.run(900)
    assert statuses(green)[0] == "ROLLBACK_SUCCESSFUL"
    assert "circuit breaker threshold" in current(green)["statusReason"]
    assert served(green) == {"1"}


def test_a_linear_deployment_shifts_step_by_step(green: Green) -> None:
    linear = {"stepPercent": 40.0, "stepBakeTimeInMinutes": 5}
    function = Function({"hookStatus": "SUCCEEDED"})
    green.twin.connect(invoke=function)
    green.begin("LINEAR", linearConfiguration=linear)
    deploy(green, deploymentConfiguration=asking("PRODUCTION_TRAFFIC_SHIFT"))
    seen = []
    for _ in range(900):
        green.run(1)
        seen.append(green.production().get("2"))
    assert list(dict.fromkeys(seen)) == [None, 40.0, 80.0, 100.0]
    assert seen.count(40.0) == pytest.approx(300, abs=2)
    new = current(green)["targetServiceRevision"]["arn"]
    asked = [
        call.payload["executionDetails"]["productionTrafficWeights"][new] for call in function.calls
    ]
    assert asked == [40.0, 80.0, 100.0]


def test_a_canary_is_followed_by_everything_else(green: Green) -> None:
    canary = {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 5}
    green.begin("CANARY", canaryConfiguration=canary)
    deploy(green)
    seen = []
    for _ in range(900):
        green.run(1)
        seen.append(green.production().get("2"))
    assert list(dict.fromkeys(seen)) == [None, 10.0, 100.0]


def test_each_step_has_a_pause_of_its_own(green: Green) -> None:
    linear = {"stepPercent": 50.0, "stepBakeTimeInMinutes": 0}
    green.begin("LINEAR", linearConfiguration=linear)
    deploy(green, deploymentConfiguration=pausing("PRE_PRODUCTION_TRAFFIC_SHIFT"))
    ids = []
    for _ in range(2):
        green.run(120)
        (hook,) = current(green)["lifecycleHookDetails"]
        ids.append(hook["hookId"])
        green.ecs(
            "ContinueServiceDeployment",
            serviceDeploymentArn=current(green)["serviceDeploymentArn"],
            hookId=hook["hookId"],
            action="CONTINUE",
        )
    green.run(900)
    assert len(set(ids)) == 2
    assert statuses(green)[0] == "SUCCESSFUL"


def test_without_a_load_balancer_there_is_no_traffic_to_shift(world: World) -> None:
    serve(world, deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1})
    world.run(120)
    deploy(world)
    seen = stages_during(world, 300)
    assert seen == ["SCALE_UP", "BAKE_TIME", "CLEAN_UP"]
    assert served(world) == {"2"}


@pytest.mark.parametrize(
    "configuration",
    [
        {"linearConfiguration": {"stepPercent": 10.0}},
        {"strategy": "LINEAR", "canaryConfiguration": {"canaryPercent": 10.0}},
        pausing("PRODUCTION_TRAFFIC_SHIFT"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    world: World, configuration: dict[str, Any]
) -> None:
    with pytest.raises(ApiError, match="InvalidParameterException"):
        world.service("web", 1, deploymentConfiguration=configuration)
