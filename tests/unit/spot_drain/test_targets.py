from __future__ import annotations

import pytest

from spot_drain.targets import Membership, Registration, Target, memberships, service_from
from tests.unit.spot_drain.builders import (
    CLUSTER,
    PORT,
    group,
    interruption,
    service,
    service_arn,
    task_arn,
)

TAG = "ecs-ops:spot-drain"

SHORT_ARN = "arn:aws:ecs:eu-west-1:123456789012:service/web"


def described(**changes) -> dict:
    return {
        "serviceArn": service_arn(),
        "serviceName": "web",
        "clusterArn": CLUSTER,
        "loadBalancers": [balancer("web")],
        **changes,
    }


def balancer(name: str, port: int | None = PORT, **more) -> dict:
    known = {"targetGroupArn": group(name), "containerName": "app", **more}
    return known if port is None else known | {"containerPort": port}


def registrations(**changes) -> set[Registration]:
    return set(service_from(described(**changes), "on").registrations)


def tagged(value: str | None, stack_mode: str = "on"):
    tags = [] if value is None else [{"key": TAG, "value": value}]
    return service_from(described(tags=tags), stack_mode)


def test_the_groups_of_a_rolling_service_are_its_load_balancers():
    assert registrations() == {Registration(group("web"), PORT, "app")}


def test_a_service_without_a_load_balancer_has_none():
    assert registrations(loadBalancers=[]) == set()
    assert (
        service_from(
            {k: v for k, v in described().items() if k != "loadBalancers"}, "on"
        ).registrations
        == frozenset()
    )


def test_the_same_group_listed_twice_counts_once():
    assert registrations(loadBalancers=[balancer("web"), balancer("web")]) == {
        Registration(group("web"), PORT, "app")
    }


def test_one_group_on_two_ports_counts_twice():
    assert len(registrations(loadBalancers=[balancer("web"), balancer("web", 9090)])) == 2


def test_the_alternate_group_of_a_blue_green_service_belongs_to_it():
    alternate = {"alternateTargetGroupArn": group("green"), "roleArn": "r"}
    blue = balancer("blue", advancedConfiguration=alternate)
    assert {r.group_arn for r in registrations(loadBalancers=[blue])} == {
        group("blue"),
        group("green"),
    }


def test_the_groups_of_code_deploys_task_sets_belong_to_the_service():
    task_sets = [
        {"id": "ecs-svc/1", "loadBalancers": [balancer("blue")]},
        {"id": "ecs-svc/2", "loadBalancers": [balancer("green")]},
        {"id": "ecs-svc/3"},
    ]
    assert {r.group_arn for r in registrations(loadBalancers=[], taskSets=task_sets)} == {
        group("blue"),
        group("green"),
    }


def test_a_classic_load_balancer_is_named_and_not_touched():
    classic = {"loadBalancerName": "old", "containerName": "app", "containerPort": PORT}
    one = service_from(described(loadBalancers=[classic]), "on")
    assert one.registrations == frozenset()
    assert one.notes == ("Classic Load Balancer old was left alone.",)


def test_a_load_balancer_without_a_port_is_left_alone():
    assert registrations(loadBalancers=[balancer("web", None)]) == set()
    one = service_from(described(loadBalancers=[balancer("web", None)]), "on")
    assert one.notes == ("Target group web was left alone: no containerPort.",)


@pytest.mark.parametrize("number", [0, 1])
def test_one_revision_is_no_rollout(number):
    revisions = [{"arn": f"r{n}"} for n in range(number)]
    assert service_from(described(currentServiceRevisions=revisions), "on").revisions == ()


@pytest.mark.parametrize("arn", [SHORT_ARN, service_arn()])
def test_a_service_is_known_by_its_cluster_too_though_its_arn_is_of_before_2021(arn):
    assert service_from(described(serviceArn=arn), "on").arn == service_arn()


def test_two_revisions_are_a_rollout():
    one = service_from(described(currentServiceRevisions=[{"arn": "r1"}, {"arn": "r2"}]), "on")
    assert one.revisions == ("r1", "r2")


def test_the_groups_of_a_services_own_revisions_are_added():
    mine = {"serviceRevisionArn": "r1", "loadBalancers": [balancer("new")]}
    other = {"serviceRevisionArn": "of another", "loadBalancers": [balancer("api")]}
    bare = {"serviceRevisionArn": "r2"}
    grown = service("web", revisions=("r1", "r2")).with_revisions([mine, other, bare])
    assert {r.group_arn for r in grown.registrations} == {group("web"), group("new")}


@pytest.mark.parametrize(
    ("stack_mode", "tag", "mode"),
    [
        ("on", None, "on"),
        ("on", "off", "off"),
        ("on", "dry-run", "dry-run"),
        ("on", "perhaps", "dry-run"),
        ("dry-run", None, "dry-run"),
        ("dry-run", "on", "on"),
        ("dry-run", "off", "off"),
        ("dry-run", "perhaps", "dry-run"),
        ("off", None, "off"),
        ("off", "on", "off"),
        ("off", "perhaps", "off"),
    ],
)
def test_the_tag_decides_unless_the_stack_is_off(stack_mode, tag, mode):
    assert tagged(tag, stack_mode).mode == mode


def test_a_tag_that_nobody_understands_is_a_problem_to_tell():
    (note,) = tagged("perhaps").notes
    assert note.startswith("Tag ecs-ops:spot-drain='perhaps'")
    assert tagged("on").notes == ()


def test_a_task_is_looked_for_under_each_of_its_addresses_in_each_group():
    one = interruption(ipv4=("10.0.0.1", "10.0.0.2"), ipv6=("2001:db8::1",))
    places = memberships(one, service("web", "blue", "green"))
    assert len(places) == 6
    assert list(places) == sorted(places)
    assert Membership(group("green"), Target("2001:db8::1", PORT), task_arn(1)) in places


def test_a_target_knows_its_family():
    assert Target("2001:db8::1", 80).is_ipv6
    assert not Target("10.0.0.1", 80).is_ipv6


@pytest.mark.parametrize(
    ("value", "route"), [("payments", "payments"), (" a b ", "a b"), ("", None), (" ", None)]
)
def test_the_tag_about_alerts_says_who_is_told(value, route):
    tags = [{"key": "ecs-ops:alerts", "value": value}]
    assert service_from(described(tags=tags), "on").route == route
    assert service_from(described(), "on").route is None
