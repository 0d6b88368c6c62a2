"""Whom an alert is for: what the service's tag says goes along from the first look to every alert."""

from __future__ import annotations

import pytest

from ecsops.queue import Message
from tests.unit.spot_drain.builders import NOW, message, service, task_arn


@pytest.fixture
def tagged(world):
    world.aws.host(service(route="payments"), tasks=[1])
    return world


def told(world, now: float) -> list[str | None]:
    bodies = world.later("report")
    world.worker.work([Message(f"r{n}", body) for n, body in enumerate(bodies)], now)
    return [alert.get("route") for alert in world.bus.details]


def test_the_report_of_a_storm_carries_the_services_tag(tagged):
    tagged.worker.work([message(1)], NOW)
    tagged.verify(NOW + 8)
    assert told(tagged, NOW + 60) == ["payments"]


def test_the_alert_about_a_task_left_in_rotation_carries_it_too(tagged):
    tagged.aws.described[task_arn(1)] = {"lastStatus": "DEACTIVATING"}
    tagged.aws.stubborn = True
    tagged.worker.work([message(1)], NOW)
    for seconds in (8, 16, 24):
        tagged.verify(NOW + seconds)
    assert [alert["severity"] for alert in tagged.bus.details] == ["critical"]
    assert told(tagged, NOW + 90) == ["payments", "payments"]


def test_so_does_the_alert_about_a_task_that_stopped_before_a_try_succeeded(tagged):
    tagged.worker.work([message(1, received=2)], NOW + 40)
    assert told(tagged, NOW + 90) == ["payments"]


def test_a_tag_that_was_added_within_a_storm_counts(world):
    world.aws.host(service(), tasks=[1, 2])
    world.worker.work([message(1)], NOW)
    world.aws.host(service(route="payments"))
    world.worker.work([message(2)], NOW + 1)
    world.verify(NOW + 9)
    assert told(world, NOW + 60) == ["payments"]


def test_of_two_tags_within_a_storm_one_is_chosen_whatever_the_order(world):
    for number, route in ((1, "shop"), (2, "payments")):
        world.aws.host(service(route=route), tasks=[number])
        world.worker.work([message(number)], NOW + number)
    world.verify(NOW + 10)
    assert told(world, NOW + 60) == ["payments"]


def test_without_the_tag_no_route_is_named(world):
    world.aws.host(service("web"), tasks=[1])
    world.worker.work([message(1)], NOW)
    world.verify(NOW + 8)
    assert told(world, NOW + 60) == [None]
