"""Incidents whose end nobody announces: looked for at every tick."""

from __future__ import annotations

from typing import Any

import pytest

from ecsops.errors import CallFailed, PublishFailed
from spot_drain.endings import Endings
from spot_drain.regression import BASELINE_S, Regression, Share
from spot_drain.retirement import TOO_LATE_S, Retirement
from spot_drain.retirement_alerts import retirement_over_alert
from spot_drain.stuck import Stuck
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import NOW, group, service_arn, task_arn
from tests.unit.spot_drain.fakes import FakeBus

DAY = 86_400
GOOD, BAD, BETTER, FEW = (
    Regression(Share(90, 100), recent)
    for recent in (Share(27, 30), Share(0, 30), Share(24, 30), Share(0, 5))
)
DATED = Retirement("arn:aws:health:::event/1", NOW + DAY, (), (task_arn(1), task_arn(2)))


class FakeTable:
    """Sets of texts by key, as UpdateItem and GetItem see them."""

    def __init__(self) -> None:
        self.items: dict[str, set[str]] = {}

    def update_item(self, *, Key: Any, UpdateExpression: str, **asked: Any) -> None:  # noqa: N803
        texts = set(asked["ExpressionAttributeValues"][":entries"]["SS"])
        known = self.items.setdefault(Key["pk"]["S"], set())
        self.items[Key["pk"]["S"]] = (
            known | texts if UpdateExpression.startswith("ADD") else known - texts
        )

    def get_item(self, *, Key: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        texts = sorted(self.items.get(Key["pk"]["S"], ()))
        return {"Item": {"entries": {"SS": texts}}} if texts else {}


class Elb:
    """Every place shows the same."""

    def __init__(self, seen: Seen = Seen.REGISTERED) -> None:
        self.seen = seen

    def look(self, memberships: Any) -> dict[Any, Seen]:
        return dict.fromkeys(memberships, self.seen)


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def endings(bus: FakeBus) -> Endings:
    return Endings.of(bus, FakeTable(), "table")  # type: ignore[arg-type]


def told(bus: FakeBus) -> list[tuple[str, str, str]]:
    return [(each["incident"], each["stage"], each["state"]) for each in bus.details]


def test_a_regression_is_one_incident_until_the_share_is_back(endings, bus):
    for hour in range(3):
        endings.compare_native(BAD, NOW + hour)
    endings.compare_native(FEW, NOW + DAY)  # a quiet day says nothing
    endings.compare_native(BAD, NOW + 2 * DAY)
    endings.compare_native(BETTER, NOW + 3 * DAY)
    endings.compare_native(GOOD, NOW + 4 * DAY)

    assert len({incident for incident, _, _ in told(bus)}) == 1
    assert [state for _, _, state in told(bus)] == ["open"] * 4 + ["resolved"]
    assert len({stage for _, stage, _ in told(bus)}) == 3, "told once a day, and its end"


def test_a_regression_that_has_become_what_is_usual_ends_after_two_weeks(endings, bus):
    endings.compare_native(BAD, NOW)
    endings.compare_native(FEW, NOW + BASELINE_S - 1)
    endings.compare_native(FEW, NOW + BASELINE_S)
    assert [state for _, _, state in told(bus)] == ["open", "resolved"]
    assert "usual" in bus.details[-1]["summary"]


def test_the_next_regression_is_an_incident_of_its_own(endings, bus):
    for at, found in enumerate((BAD, GOOD, BAD)):
        endings.compare_native(found, NOW + at)
    first, _, second = (incident for incident, _, _ in told(bus))
    assert first != second


def test_a_regression_whose_message_was_lost_is_told_under_the_same_name(endings, bus):
    bus.failing = True
    with pytest.raises(PublishFailed):
        endings.compare_native(BAD, NOW)
    bus.failing = False
    endings.compare_native(BAD, NOW + 60)
    ((incident, _, _),) = told(bus)
    assert incident.endswith(f"/{NOW:.0f}")


def test_a_retirement_that_aws_never_closes_ends_with_its_last_task(endings, bus):
    endings.retirement_told(DATED, DATED.tasks, NOW)
    running = {each: {"lastStatus": "RUNNING"} for each in DATED.tasks}
    endings.close_retirements(lambda _: running, NOW + 60)
    assert told(bus) == []
    running[task_arn(1)] = {"lastStatus": "STOPPED"}
    running[task_arn(2)] = CallFailed("DescribeTasks", "Throttling", "slow down")
    endings.close_retirements(lambda _: running, NOW + 120)
    assert told(bus) == []
    endings.close_retirements(lambda _: {}, NOW + 180)
    endings.close_retirements(lambda _: {}, NOW + 240)
    assert told(bus) == [(f"spot_drain/retirement/{DATED.key}", "over", "resolved")]


def test_a_retirement_whose_day_is_long_past_ends_although_tasks_run(endings, bus):
    endings.retirement_told(DATED, DATED.tasks, NOW)
    running = {each: {"lastStatus": "RUNNING"} for each in DATED.tasks}
    endings.close_retirements(lambda _: running, NOW + DAY + TOO_LATE_S - 1)
    assert told(bus) == []
    endings.close_retirements(lambda _: running, NOW + DAY + TOO_LATE_S)
    assert [state for _, _, state in told(bus)] == ["resolved"]
    assert "2 tasks that AWS named still run" in bus.details[-1]["summary"]


def test_a_retirement_without_a_day_ends_after_thirty(endings, bus):
    undated = Retirement("key", None, (), (task_arn(1),))
    endings.retirement_told(undated, undated.tasks, NOW)
    running = {task_arn(1): {"lastStatus": "RUNNING"}}
    endings.close_retirements(lambda _: running, NOW + 29 * DAY)
    assert told(bus) == []
    endings.close_retirements(lambda _: running, NOW + 30 * DAY)
    assert [state for _, _, state in told(bus)] == ["resolved"]


def test_a_retirement_that_is_closed_has_no_second_end(endings, bus):
    endings.retirement_told(DATED, DATED.tasks, NOW)
    endings.retirement_told(DATED, (), NOW + 60)
    endings.close_retirements(lambda _: {}, NOW + 120)
    assert told(bus) == []


def stuck(endings: Endings, targets: int = 2) -> Stuck:
    left = {group(1): [f"10.0.0.{n}:8080" for n in range(targets)]}
    endings.stuck.add(service_arn(), int(NOW), left, "payments", NOW)
    return endings.stuck


@pytest.mark.parametrize("seen", [Seen.LEAVING, Seen.ABSENT, Seen.GONE])
def test_a_storm_that_left_targets_behind_ends_when_they_are_out(endings, bus, seen):
    stuck(endings)
    endings.close_stuck(Elb(), NOW + 300)  # type: ignore[arg-type]
    assert told(bus) == []
    for at in (600, 900):
        endings.close_stuck(Elb(seen), NOW + at)  # type: ignore[arg-type]
    assert told(bus) == [(f"spot_drain/{service_arn()}/{int(NOW)}", "unstuck", "resolved")]
    assert bus.details[0]["route"] == "payments"


@pytest.mark.parametrize("seen", [Seen.REGISTERED, Seen.UNKNOWN])
def test_targets_that_stay_registered_are_looked_for_six_hours(endings, bus, seen):
    stuck(endings)
    endings.close_stuck(Elb(seen), NOW + 6 * 3_600 - 1)  # type: ignore[arg-type]
    assert told(bus) == []
    endings.close_stuck(Elb(seen), NOW + 6 * 3_600)  # type: ignore[arg-type]
    assert [state for _, _, state in told(bus)] == ["resolved"]
    assert "2 targets" in bus.details[0]["title"]


def test_an_end_that_was_not_told_is_told_at_the_next_tick(endings, bus):
    stuck(endings)
    bus.failing = True
    with pytest.raises(PublishFailed):
        endings.close_stuck(Elb(Seen.ABSENT), NOW + 300)  # type: ignore[arg-type]
    bus.failing = False
    endings.close_stuck(Elb(Seen.ABSENT), NOW + 600)  # type: ignore[arg-type]
    assert len(told(bus)) == 1


def test_one_task_that_outlives_its_retirement_is_one():
    over = retirement_over_alert("key", [task_arn(1)], NOW)
    assert "1 task that AWS named still runs: AWS may retire it another day" in over.summary
