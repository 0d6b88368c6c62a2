"""Dying tasks that still get requests: told at once, and told as over."""

from __future__ import annotations

from spot_drain.stuck_alerts import stuck_alert, unstuck_alert
from tests.unit.spot_drain.builders import group, service_arn

ARN = service_arn()
BEGAN = 1_772_442_000


def test_one_target_that_stayed_registered_is_one():
    alert = unstuck_alert(ARN, BEGAN, 1, BEGAN + 90_000)
    assert "1 target of service web is still registered" in alert.summary
    assert "2 targets of service web are" in unstuck_alert(ARN, BEGAN, 2, BEGAN + 90_000).summary


def test_the_urgent_alert_names_each_target_and_the_command_that_takes_it_out():
    left = {group("b"): ("10.0.0.1:8080", "2001:db8::1:8080"), group("a"): ("10.0.0.1:8080",)}
    alert = stuck_alert(ARN, BEGAN, left, BEGAN + 24)
    assert alert.severity == "critical"
    assert alert.incident == f"spot_drain/{ARN}/{BEGAN}"
    assert alert.title == "prod/web: 2 dying targets still in rotation"
    assert alert.evidence[0].rows == (
        ("a", "10.0.0.1:8080"),
        ("b", "10.0.0.1:8080, 2001:db8::1:8080"),
    )
    assert alert.next_steps[1].command == (
        f"aws elbv2 deregister-targets --target-group-arn {group('b')} "
        "--targets Id=10.0.0.1,Port=8080 Id=2001:db8::1,Port=8080"
    )
    assert alert.resources == (ARN, group("a"), group("b"))


def test_two_urgent_alerts_of_a_storm_are_two_stages():
    one = stuck_alert(ARN, BEGAN, {group(): ("10.0.0.1:80",)}, BEGAN)
    other = stuck_alert(ARN, BEGAN, {group(): ("10.0.0.2:80",)}, BEGAN)
    assert one.incident == other.incident
    assert one.stage != other.stage


def test_a_thousand_stuck_targets_keep_the_stage_short():
    left = {group(): tuple(f"10.0.{n // 250}.{n % 250}:80" for n in range(1000))}
    assert len(stuck_alert(ARN, BEGAN, left, BEGAN + 24).stage) < 250
