"""When a storm is told, and how often."""

from __future__ import annotations

from ecsops.queue import Message
from spot_drain.messages import Report, encode
from spot_drain.storm import INSTALMENT_S, QUIET_S
from tests.unit.spot_drain.builders import NOW, service_arn

ARN = service_arn()


def report_message(number: int = 1, arn: str = ARN) -> Message:
    return Message(f"r{number}", encode(Report((arn,))))


def storm(world, *, first: float = NOW, last: float = NOW) -> None:
    world.tallies.add(ARN, {"native": frozenset("a")}, now=first)
    world.tallies.add(ARN, {"native": frozenset("a")}, now=last)


def test_a_storm_is_told_once_however_many_reports_are_due(world):
    storm(world)
    messages = [report_message(1), report_message(2)]
    assert world.worker.work(messages, NOW + 60) == set()
    assert world.worker.work([report_message(3)], NOW + 70) == set()
    assert len(world.bus.details) == 1


def test_a_report_while_the_storm_goes_on_waits_for_a_later_one(world):
    storm(world, last=NOW + 30)
    assert world.worker.work([report_message()], NOW + 30 + QUIET_S - 1) == set()
    assert world.bus.details == []
    assert ARN in world.tallies.noted


def test_a_long_storm_is_told_in_instalments(world):
    storm(world, last=NOW + INSTALMENT_S)
    world.worker.work([report_message()], NOW + INSTALMENT_S)
    assert len(world.bus.details) == 1


def test_a_storm_that_went_on_while_it_was_told_stays_open(world):
    storm(world)
    world.tallies.late_addition = True
    assert world.worker.work([report_message()], NOW + 60) == set()
    assert ARN in world.tallies.noted
