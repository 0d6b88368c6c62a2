from __future__ import annotations

import pytest

from sandbox.errors import ApiError, UnsupportedOperation
from tests.unit.sandbox.elb.elb_balancer import Balancer, target


def test_a_deregistered_target_drains_for_the_delay_and_is_gone(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.register(group, target())
    balancer.clock.run_for(20)
    balancer.deregister(group, target())
    draining = ("10.0.0.4", 80, "draining", "Target.DeregistrationInProgress")
    assert balancer.health(group) == [draining]
    balancer.clock.run_for(299)
    assert balancer.health(group) == [draining]
    balancer.clock.run_for(1)
    assert balancer.health(group) == []
    unused = ("10.0.0.4", 80, "unused", "Target.NotRegistered")
    assert balancer.health(group, target()) == [unused]


def test_the_deregistration_delay_is_configurable(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.delay(group, 30)
    shown = balancer.call("DescribeTargetGroupAttributes", TargetGroupArn=group)["Attributes"]
    assert shown == [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    balancer.register(group, target())
    balancer.deregister(group, target())
    balancer.clock.run_for(30)
    assert balancer.health(group) == []


def test_deregistering_twice_does_not_drain_longer(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.delay(group, 30)
    balancer.register(group, target())
    balancer.deregister(group, target())
    balancer.clock.run_for(20)
    balancer.deregister(group, target())
    balancer.clock.run_for(10)
    assert balancer.health(group) == []


def test_deregistering_an_unknown_target_succeeds(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.deregister(group, target("10.0.0.99"))
    assert balancer.health(group) == []


def test_a_target_registered_on_another_port_stays_when_the_port_is_left_out(
    balancer: Balancer,
) -> None:
    group = balancer.group(Port=80)
    balancer.register(group, target(port=8080), target())
    balancer.deregister(group, target())
    states = {port: state for _, port, state, _ in balancer.health(group)}
    assert states == {8080: "initial", 80: "draining"}
    assert balancer.health(group, target(port=81))[0][2] == "unused"


def test_a_target_can_be_registered_again_while_it_drains(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.register(group, target())
    balancer.deregister(group, target())
    balancer.register(group, target())
    balancer.clock.run_for(600)
    assert balancer.health(group)[0][2] == "healthy"


def test_registering_twice_changes_nothing(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.register(group, target())
    balancer.clock.run_for(20)
    balancer.register(group, target())
    assert balancer.health(group)[0][2] == "healthy"


@pytest.mark.parametrize(
    "operation", ["RegisterTargets", "DeregisterTargets", "DescribeTargetHealth"]
)
@pytest.mark.parametrize(("family", "address"), [("ipv4", "2001:db8::1"), ("ipv6", "10.0.0.4")])
def test_an_address_of_the_other_family_is_an_invalid_target(
    balancer: Balancer, operation: str, family: str, address: str
) -> None:
    group = balancer.group(IpAddressType=family)
    with pytest.raises(ApiError) as refused:
        balancer.call(operation, TargetGroupArn=group, Targets=[target(address)])
    assert refused.value.code == "InvalidTarget"


def test_what_is_no_address_is_refused(balancer: Balancer) -> None:
    group = balancer.group()
    with pytest.raises(ApiError) as refused:
        balancer.register(group, target("i-1"))
    assert refused.value.code == "ValidationError"
    with pytest.raises(ApiError) as refused:
        balancer.register(balancer.group("vm", TargetType="instance"), target("10.0.0.4"))
    assert refused.value.code == "InvalidTarget"


def test_one_instance_can_be_registered_on_several_ports(balancer: Balancer) -> None:
    group = balancer.group(TargetType="instance")
    balancer.register(group, target("i-1", 32768), target("i-1", 32769))
    balancer.deregister(group, target("i-1", 32768))
    states = {port: state for _, port, state, _ in balancer.health(group)}
    assert states == {32768: "draining", 32769: "initial"}


@pytest.mark.parametrize(
    "operation",
    [
        "RegisterTargets",
        "DeregisterTargets",
        "DescribeTargetHealth",
        "DescribeTargetGroupAttributes",
    ],
)
def test_an_unknown_group_is_an_error(balancer: Balancer, operation: str) -> None:
    with pytest.raises(ApiError) as refused:
        balancer.call(operation, TargetGroupArn="arn:nope", Targets=[target()])
    assert refused.value.code == "TargetGroupNotFound"


def test_creating_the_same_group_again_answers_the_first_one(balancer: Balancer) -> None:
    first = balancer.group()
    assert balancer.group(in_use=False) == first
    with pytest.raises(ApiError) as refused:
        balancer.group(Port=81)
    assert refused.value.code == "DuplicateTargetGroupName"


def test_groups_are_found_by_arn_name_and_load_balancer(balancer: Balancer) -> None:
    used, unused = balancer.group("used"), balancer.group("unused", in_use=False)
    (front,) = balancer.call("DescribeLoadBalancers", Names=["front"])["LoadBalancers"]
    for params, expected in (
        ({}, [used, unused]),
        ({"Names": ["unused"]}, [unused]),
        ({"TargetGroupArns": [used]}, [used]),
        ({"LoadBalancerArn": front["LoadBalancerArn"]}, [used]),
    ):
        found = balancer.call("DescribeTargetGroups", **params)["TargetGroups"]
        assert [each["TargetGroupArn"] for each in found] == expected
    with pytest.raises(ApiError, match="TargetGroupNotFound"):
        balancer.call("DescribeTargetGroups", Names=["nope"])
    with pytest.raises(ApiError, match="LoadBalancerNotFound"):
        balancer.call("DescribeLoadBalancers", Names=["nope"])
    with pytest.raises(ApiError, match="ListenerNotFound"):
        balancer.call("DescribeListeners", ListenerArns=["nope"])


def test_a_group_in_use_cannot_be_deleted(balancer: Balancer) -> None:
    used, unused = balancer.group("used"), balancer.group("unused", in_use=False)
    with pytest.raises(ApiError, match="ResourceInUse"):
        balancer.call("DeleteTargetGroup", TargetGroupArn=used)
    balancer.register(unused, target())
    balancer.call("DeleteTargetGroup", TargetGroupArn=unused)
    balancer.call("DeleteTargetGroup", TargetGroupArn=unused)
    balancer.groups.silence(("10.0.0.4", 80))
    balancer.clock.run_for(60)
    with pytest.raises(ApiError, match="TargetGroupNotFound"):
        balancer.health(unused)


def test_tags_can_be_added_and_removed(balancer: Balancer) -> None:
    group = balancer.group(Tags=[{"Key": "a", "Value": "1"}])
    tags = [{"Key": "b", "Value": "2"}]
    balancer.call("AddTags", ResourceArns=[group], Tags=tags)
    balancer.call("RemoveTags", ResourceArns=[group], TagKeys=["a"])
    shown = balancer.call("DescribeTags", ResourceArns=[group])["TagDescriptions"]
    assert shown == [{"ResourceArn": group, "Tags": tags}]
    with pytest.raises(ApiError, match="LoadBalancerNotFound"):
        balancer.call("DescribeTags", ResourceArns=["arn:nope"])


def test_unknown_operations_name_themselves(balancer: Balancer) -> None:
    with pytest.raises(UnsupportedOperation, match="elasticloadbalancing:SetWebAcl"):
        balancer.call("SetWebAcl")
