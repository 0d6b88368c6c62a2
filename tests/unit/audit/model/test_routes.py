"""Which load balancer sends requests to which target group of a service."""

from __future__ import annotations

from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.load_balancing import Listener, ListenerRule, LoadBalancer, TargetGroup
from audit.model.node import Unknown
from audit.model.service import Service
from audit.model.surroundings import SecurityGroup
from audit.rule import Outcome
from tests.unit.audit.case import REMOVED, Change, changed
from tests.unit.audit.clean import BALANCER, ELB, GROUP, graph_of, world

OTHER = f"{ELB}:loadbalancer/app/internal/1111111111111111"
ADMIN = f"{ELB}:targetgroup/admin/2222222222222222"
LISTENER = f"{ELB}:listener/app/web/fedcba9876543210/1"
# A second port of the same tasks, behind a load balancer of its own that alone may reach it.
TWO_WAYS: tuple[Change, ...] = (
    (
        TargetGroup,
        "#1",
        world()[TargetGroup][0]
        | {
            "TargetGroupArn": ADMIN,
            "TargetGroupName": "admin",
            "LoadBalancerArns": [OTHER],
            "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
        },
    ),
    (
        LoadBalancer,
        "#1",
        world()[LoadBalancer][0]
        | {
            "LoadBalancerArn": OTHER,
            "LoadBalancerName": "internal",
            "Scheme": "internal",
            "SecurityGroups": ["sg-internal"],
            "Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "20"}],
        },
    ),
    (
        Service,
        "loadBalancers[1]",
        {"targetGroupArn": ADMIN, "containerName": "agent", "containerPort": 9000},
    ),
    (
        SecurityGroup,
        "#1.IpPermissions[1]",
        {
            "IpProtocol": "tcp",
            "FromPort": 9000,
            "ToPort": 9000,
            "UserIdGroupPairs": [{"GroupId": "sg-internal"}],
        },
    ),
)


def failing(*changes: Change) -> set[tuple[str, str]]:
    findings = evaluate(graph_of(changed(world(), changes)), all_rules())
    return {(f.rule.id, f.message) for f in findings if f.outcome is Outcome.FAIL}


def test_a_load_balancer_is_asked_for_its_own_target_groups_only() -> None:
    told = {rule for rule, _ in failing(*TWO_WAYS)}
    assert not told & {"X-07", "X-16", "NET-03"}

    ((_, said),) = {
        each
        for each in failing(*TWO_WAYS, (LoadBalancer, "#1.Attributes[0].Value", "40"))
        if each[0] == "X-07"
    }
    assert said.startswith(
        "load balancer internal lets a request wait 40 s, but target group admin"
    )


@pytest.mark.parametrize(
    "ranges",
    [
        {"Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}]},
        {"PrefixListIds": [{"PrefixListId": "pl-1"}]},
    ],
)
def test_an_address_range_may_be_the_load_balancers(ranges: dict[str, Any]) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080} | ranges
    told = failing((SecurityGroup, "#1.IpPermissions[0]", permission))
    assert "X-16" not in {rule for rule, _ in told}


_FORWARD = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP}]}}


@pytest.mark.parametrize(
    "changes",
    [
        ((Listener, "DefaultActions", [_FORWARD]),),
        (
            (Listener, "DefaultActions", [{"Type": "fixed-response"}]),
            (ListenerRule, "#0", {"ListenerArn": LISTENER, "Actions": [_FORWARD]}),
        ),
    ],
    ids=["weights", "rule"],
)
def test_in_a_template_listeners_and_rules_tell(changes: tuple[Change, ...]) -> None:
    documents = changed(world(), ((TargetGroup, "LoadBalancerArns", REMOVED), *changes))
    (service,) = graph_of(documents).all(Service)
    assert [balancer["LoadBalancerArn"].text() for *_, balancer in service.routes] == [BALANCER]


def test_without_a_listener_nobody_knows() -> None:
    documents = changed(world(), ((TargetGroup, "LoadBalancerArns", REMOVED),))
    documents[Listener] = []
    (service,) = graph_of(documents, complete=False).all(Service)
    with pytest.raises(Unknown, match="not every listener was read"):
        assert service.routes
