"""Spot on EC2 instances: the cover is on a second, on-demand capacity provider (facts, section 5)."""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from tests.integration.conftest import Operations
from tests.integration.spot_drain.ec2 import OnInstances
from tests.integration.spot_fallback.conftest import COVER

TAGS = {"ecs-ops:spot-fallback": "on", "ecs-ops:spot-fallback-provider": "on-demand"}


class Providers(OnInstances):
    """Two groups of instances, each with its capacity provider, and a service on the Spot one."""

    def __init__(self, world: Operations, tags: dict[str, str]) -> None:
        super().__init__(world)
        names = ["spot", "on-demand"]
        for name in names:
            arn = (
                "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:"
                f"6d8972f3-efc8-437c-92d1-6270f29a66e7:autoScalingGroupName/{name}"
            )
            self.ecs.create_capacity_provider(
                name=name, autoScalingGroupProvider={"autoScalingGroupArn": arn}
            )
        self.ecs.put_cluster_capacity_providers(
            cluster="prod", capacityProviders=names, defaultCapacityProviderStrategy=[]
        )
        self.spot = self.launch(cpu=1024, capacity_provider="spot")
        self.launch(cpu=4096, spot=False, capacity_provider="on-demand")
        self.definition("web")
        self.ecs.create_service(
            cluster="prod",
            serviceName="web",
            taskDefinition="web",
            desiredCount=4,
            capacityProviderStrategy=[{"capacityProvider": "spot", "weight": 1}],
            enableECSManagedTags=True,
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
        self.account.run_for(120)

    def counts(self, name: str) -> tuple[int, int]:
        """Tasks wanted and running; of a service that does not exist -1."""
        found = self.ecs.describe_services(cluster="prod", services=[name])["services"]
        live = [each for each in found if each["status"] == "ACTIVE"]
        return (live[0]["desiredCount"], live[0]["runningCount"]) if live else (-1, -1)


@pytest.fixture
def providers(operate):
    def build(tags: dict[str, str] | None = None) -> Providers:
        world = operate(world=False, parameters={"SpotFallbackMode": "on"})
        return Providers(world, TAGS if tags is None else tags)

    return build


def test_5_what_finds_no_spot_instance_runs_on_the_on_demand_provider(providers):
    on = providers()
    assert on.counts("web") == (4, 4)

    on.account.fleet.interrupt(on.spot)
    on.account.run_for(300)

    assert on.counts(COVER) == (4, 4)
    [cover] = on.ecs.describe_services(cluster="prod", services=[COVER])["services"]
    strategy = [each["capacityProvider"] for each in cover["capacityProviderStrategy"]]
    assert strategy == ["on-demand"]
    assert on.counts("web") == (4, 0)

    on.launch(cpu=1024, capacity_provider="spot")
    on.account.run_for(1_800)
    assert (on.counts("web"), on.counts(COVER)) == ((4, 4), (0, 0))


def test_5_without_the_name_of_a_provider_nothing_is_covered_and_the_tag_is_named(providers):
    on = providers({"ecs-ops:spot-fallback": "on"})

    on.account.fleet.interrupt(on.spot)
    on.account.run_for(300)

    assert on.counts(COVER) == (-1, -1)
    said = [mail["Message"] for mail in on.world.mails()]
    assert any("ecs-ops:spot-fallback-provider" in each for each in said)


def test_5_tasks_that_start_slowly_or_fail_on_their_instances_are_no_shortage(providers):
    on = providers()
    on.launch(cpu=1024, capacity_provider="spot")  # room for new tasks while old ones still stop
    on.account.ecs.behave("web", App.crash(after_s=1.0))
    for arn in on.ecs.list_tasks(cluster="prod", serviceName="web")["taskArns"]:
        on.ecs.stop_task(cluster="prod", task=arn)

    on.account.run_for(1_800)

    [service] = on.ecs.describe_services(cluster="prod", services=["web"])["services"]
    assert [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED"]
    assert on.counts("web")[1] < 4, "tasks are missing"
    assert on.counts(COVER) == (-1, -1)
