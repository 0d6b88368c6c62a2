from __future__ import annotations

import pytest

from spot_fallback.shadow import differences, problems_of, wanted
from tests.unit.spot_fallback.shapes import ARN, SPOT, described, tag_list

EC2 = [{"capacityProvider": "spot-group", "weight": 1}]


def deployed(**shown: object) -> list[dict]:
    return [{"status": "PRIMARY", "rolloutState": "COMPLETED", **shown}]


def connected(*services: dict) -> list[dict]:
    connect = {"enabled": True, "namespace": "prod", "services": list(services)}
    return deployed(serviceConnectConfiguration=connect)


@pytest.mark.parametrize(
    ("changes", "provider", "said"),
    [
        ({"deploymentController": {"type": "EXTERNAL"}}, None, "EXTERNAL"),
        ({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}, None, "BLUE_GREEN"),
        ({"capacityProviderStrategy": []}, None, "only a service on Spot"),
        ({"capacityProviderStrategy": EC2}, None, "ecs-ops:spot-fallback-provider"),
        ({"capacityProviderStrategy": EC2}, "spot-group", "one of its own"),
        ({"schedulingStrategy": "DAEMON"}, None, "DAEMON"),
        ({"serviceName": "w" * 240}, None, "leaves no room"),
        ({"deployments": connected({"portName": "http"})}, None, "Service Connect"),
        ({"deployments": deployed(vpcLatticeConfigurations=[{"portName": "x"}])}, None, "Lattice"),
        ({"deployments": deployed(volumeConfigurations=[{"name": "data"}])}, None, "EBS"),
    ],
)
def test_what_cannot_be_covered_says_why(changes, provider, said):
    [problem] = problems_of(described(**changes), provider)
    assert said in problem


def test_a_client_of_service_connect_can_be_covered():
    assert problems_of(described(deployments=connected()), None) == ()


def test_the_cover_of_a_client_of_service_connect_is_one_too():
    """Else its tasks would find none of the names that the service's tasks find."""
    one = described(deployments=connected())
    made = wanted(one, None)
    connect = {"enabled": True, "namespace": "prod", "services": []}
    assert made["serviceConnectConfiguration"] == connect
    as_told = {**made, "deployments": connected()}
    del as_told["serviceConnectConfiguration"]
    assert differences(made, as_told) == {}
    assert differences(wanted(described(), None), as_told) == {
        "serviceConnectConfiguration": {"enabled": False}
    }


def test_on_instances_the_cover_uses_the_named_capacity_provider():
    one = described(
        capacityProviderStrategy=EC2,
        placementStrategy=[{"type": "spread", "field": "attribute:ecs.availability-zone"}],
    )
    made = wanted(one, "on-demand")
    assert made["capacityProviderStrategy"] == [{"capacityProvider": "on-demand", "weight": 1}]
    assert made["placementStrategy"] == one["placementStrategy"]
    assert "launchType" not in made
    assert "platformVersion" not in made


def test_breakers_and_hooks_of_the_service_are_not_the_covers():
    assert wanted(described(), None)["deploymentConfiguration"] == {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    }


def test_the_owners_tags_go_with_it_but_none_that_anybody_acts_on():
    tags = {
        "team": "shop",
        "ecs-ops:alerts": "shop",
        "ecs-ops:rollback": "auto",
        "aws:cloudformation:stack-name": "web",
    }
    assert wanted(described(tags=tags), None)["tags"] == [
        {"key": "ecs-ops:fallback-for", "value": ARN},
        *tag_list({"ecs-ops:alerts": "shop", "team": "shop"}),
    ]


def test_a_mixed_strategy_with_spot_can_be_covered():
    mixed = [*SPOT, {"capacityProvider": "FARGATE", "base": 2, "weight": 0}]
    assert problems_of(described(capacityProviderStrategy=mixed), None) == ()


def test_lists_that_ecs_tells_in_another_order_are_the_same():
    def network(*subnets: str) -> dict:
        return {"awsvpcConfiguration": {"subnets": list(subnets), "securityGroups": ["sg-1"]}}

    groups = described()["loadBalancers"] + [{"targetGroupArn": "arn:tg/b", "containerPort": 1}]
    made = wanted(described(networkConfiguration=network("a", "b"), loadBalancers=groups), None)
    shape = {**made, "networkConfiguration": network("b", "a"), "loadBalancers": groups[::-1]}
    assert differences(made, shape) == {}
    assert differences(made, shape | {"networkConfiguration": network("a")}) != {}


def test_the_order_of_placement_strategies_means_something():
    strategies = [{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "memory"}]
    ec2 = described(capacityProviderStrategy=EC2, placementStrategy=strategies)
    made = wanted(ec2, "on-demand")
    assert differences(made, {**made, "placementStrategy": strategies[::-1]}) == {
        "placementStrategy": strategies
    }


def test_zone_rebalancing_is_followed_and_never_unset():
    """A new service has it ENABLED unless told otherwise."""
    disabled = wanted(described(availabilityZoneRebalancing="DISABLED"), None)
    assert disabled["availabilityZoneRebalancing"] == "DISABLED"
    enabled = {**disabled, "availabilityZoneRebalancing": "ENABLED"}
    assert differences(disabled, enabled) == {"availabilityZoneRebalancing": "DISABLED"}
    assert differences(wanted(described(), None), enabled) == {}
