from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from ecs_world import World


def refused(code: str) -> pytest.RaisesExc[ApiError]:
    return pytest.RaisesExc(ApiError, match=f"^{code}: ")


def test_changing_the_capacity_provider_strategy_needs_a_forced_deployment(world: World) -> None:
    world.service("web", 1)
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    change = {"cluster": "prod", "service": "web", "capacityProviderStrategy": strategy}
    with refused("InvalidParameterException"):
        world.ecs("UpdateService", **change)
    world.ecs("UpdateService", **change, forceNewDeployment=True)
    assert len(world.describe()["deployments"]) == 2
    world.run(300)
    assert [task["capacityProviderName"] for task in world.tasks()] == ["FARGATE"]


def test_base_comes_first_and_weights_share_the_rest(world: World) -> None:
    strategy = [
        {"capacityProvider": "FARGATE", "base": 2, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    world.service("web", 10, capacityProviderStrategy=strategy)
    world.run(60)
    providers = [task["capacityProviderName"] for task in world.tasks()]
    assert (providers.count("FARGATE"), providers.count("FARGATE_SPOT")) == (4, 6)


def test_a_shortage_of_spot_does_not_keep_the_on_demand_share_from_starting(world: World) -> None:
    world.twin.spot_capacity(0)
    strategy = [
        {"capacityProvider": "FARGATE", "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 1},
    ]
    world.service("web", 4, capacityProviderStrategy=strategy)
    world.run(300)
    assert [task["capacityProviderName"] for task in world.tasks()] == ["FARGATE", "FARGATE"]


@pytest.mark.parametrize(
    "strategy",
    [
        [{"capacityProvider": "FARGATE_SPOT", "weight": 0}],
        [{"capacityProvider": "elsewhere", "weight": 1}],
        [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
            {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 1},
        ],
    ],
)
def test_impossible_strategies_are_refused(world: World, strategy: list) -> None:
    with refused("InvalidParameterException"):
        world.service("web", 1, capacityProviderStrategy=strategy)


def test_external_tasks_are_not_simulated(world: World) -> None:
    with pytest.raises(UnsupportedOperation, match="EXTERNAL"):
        world.run_task(launchType="EXTERNAL")
