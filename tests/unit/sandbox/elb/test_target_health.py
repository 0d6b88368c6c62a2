from __future__ import annotations

import pytest

from sandbox.elb import TargetChange
from tests.unit.sandbox.elb.elb_balancer import Balancer, target


def test_a_registered_target_becomes_healthy_after_one_check(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.register(group, target())
    assert balancer.health(group) == [("10.0.0.4", 80, "initial", "Elb.RegistrationInProgress")]
    balancer.clock.run_for(1)
    assert balancer.health(group)[0][2:] == ("initial", "Elb.InitialHealthChecking")
    balancer.clock.run_for(10)
    assert balancer.health(group)[0][2:] == ("healthy", "")


def test_targets_of_a_group_that_no_load_balancer_uses_are_unused(balancer: Balancer) -> None:
    group = balancer.group(in_use=False)
    balancer.register(group, target())
    assert balancer.health(group)[0][2:] == ("unused", "Target.NotInUse")
    balancer.attach(group)
    balancer.clock.run_for(20)
    assert balancer.health(group)[0][2] == "healthy"


def test_a_target_that_falls_silent_fails_its_checks_and_recovers(balancer: Balancer) -> None:
    group = balancer.group(UnhealthyThresholdCount=2, HealthyThresholdCount=2)
    balancer.register(group, target())
    balancer.clock.run_for(20)
    balancer.groups.silence(("10.0.0.4", 80))
    balancer.clock.run_for(9)
    assert balancer.health(group)[0][2] == "healthy"
    balancer.clock.run_for(20)
    assert balancer.health(group)[0][2:] == ("unhealthy", "Target.FailedHealthChecks")
    balancer.groups.answer(("10.0.0.4", 80))
    balancer.clock.run_for(9)
    assert balancer.health(group)[0][2] == "unhealthy"
    balancer.clock.run_for(20)
    assert balancer.health(group)[0][2] == "healthy"


def test_a_short_silence_does_not_make_a_target_unhealthy(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.register(group, target())
    balancer.clock.run_for(20)
    balancer.groups.silence(("10.0.0.4", 80))
    balancer.clock.run_for(5)
    balancer.groups.answer(("10.0.0.4", 80))
    balancer.clock.run_for(100)
    assert balancer.health(group)[0][2] == "healthy"


def test_a_target_that_never_answers_never_comes_into_rotation(balancer: Balancer) -> None:
    group = balancer.group()
    balancer.groups.silence(("10.0.0.4", 80))
    balancer.register(group, target())
    balancer.clock.run_for(60)
    assert balancer.health(group)[0][2] == "unhealthy"
    assert balancer.groups.lost_request_seconds(group) == {}
    assert balancer.groups.lost_traffic_seconds(group) == 0


def test_losses_count_from_silence_until_the_target_leaves_the_rotation(
    balancer: Balancer,
) -> None:
    group = balancer.group(UnhealthyThresholdCount=10)
    addresses = ["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"]
    balancer.register(group, *[target(each) for each in addresses])
    balancer.clock.run_for(20)
    balancer.groups.silence(("10.0.0.4", 80))
    balancer.clock.run_for(4)
    balancer.groups.silence(("10.0.0.5", 80))
    balancer.clock.run_for(2)
    balancer.deregister(group, target("10.0.0.4"), target("10.0.0.5"))
    balancer.clock.run_for(60)
    lost = balancer.groups.lost_request_seconds(group)
    assert lost == {("10.0.0.4", 80): pytest.approx(6), ("10.0.0.5", 80): pytest.approx(2)}
    # A quarter of the traffic for 4 s, then half of it for 2 s.
    assert balancer.groups.lost_traffic_seconds(group) == pytest.approx(2.0)


def test_losses_so_far_can_be_read_while_they_go_on(balancer: Balancer) -> None:
    group = balancer.group(UnhealthyThresholdCount=10)
    balancer.register(group, target())
    balancer.clock.run_for(20)
    balancer.groups.silence(("10.0.0.4", 80))
    balancer.clock.run_for(3)
    assert balancer.groups.lost_traffic_seconds(group) == pytest.approx(3.0)
    assert balancer.groups.lost_traffic_seconds(group) == pytest.approx(3.0)


def test_watchers_hear_of_every_change(balancer: Balancer) -> None:
    seen: list[TargetChange] = []
    balancer.groups.watch(seen.append)
    group = balancer.group()
    balancer.delay(group, 5)
    balancer.register(group, target())
    balancer.clock.run_for(20)
    balancer.deregister(group, target())
    balancer.clock.run_for(5)
    assert {change.group_arn for change in seen} == {group}
    states = [change.state for change in seen]
    assert states == ["initial", "initial", "healthy", "draining", "unused"]
