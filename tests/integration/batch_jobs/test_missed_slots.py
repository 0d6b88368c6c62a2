"""Slots that brought no run: made up for, recorded as missed, or refused, through the shipped stack.

Scheduler's messages are lost for a week; then the tick looks. The ids in the names are those of the
acceptance scenarios.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from batch_jobs.rows import RunRow
from batch_jobs.times import iso
from sandbox.ecs import App
from tests.integration.batch_jobs.conftest import Jobs, build_in

SLOT = "<aws.scheduler.scheduled-time>"
HOUR_S, WEEK_S = 3600, 7 * 24 * 3600
# Twelve and five: the story ends at 12:05 of its last day.
GAP_S = 2 * HOUR_S + 300
HOURLY, OFTEN = "cron(0 * * * ? *)", "cron(0/5 * * * ? *)"


def schedule(world: Jobs, job: str, expression: str = HOURLY, **spec: object) -> None:
    world.define(job, App(runs_for_s=30))
    document = world.spec(**{"job": job, "taskDefinition": job, "slot": SLOT, **spec})
    if document["slot"] is None:
        del document["slot"]
    queue = world.stack.outputs["BatchSubmitQueueArn"]
    world.account.client("scheduler").create_schedule(
        Name=job,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue, "RoleArn": world.role, "Input": json.dumps(document)},
    )


@pytest.fixture(scope="module")
def world() -> Iterator[Jobs]:
    with ExitStack() as open_accounts:
        world = build_in(open_accounts)
        scheduler = world.account.gateway.simulators["scheduler"]
        tick = world.stack.ref("BatchTickRule")
        world.account.client("events").disable_rule(Name=tick)
        # What Scheduler sends gets lost.
        courier = world.account._event_services.courier
        deliver, courier.deliver = courier.deliver, lambda *_: None
        world.run_for(3 * HOUR_S - world.now % HOUR_S)
        schedule(world, "c2-open")
        schedule(world, "c2-deadline", startingDeadline="2h")
        world.run_for(WEEK_S)
        for policy in ("none", "latest", "all"):
            schedule(world, f"c1-{policy}", catchUp=policy)
        schedule(world, "c8")
        schedule(world, "c10", "cron(59 23 31 2 ? *)")
        schedule(world, "untagged", catchUp="all")
        world.account.client("ecs").tag_resource(
            resourceArn=world.define("untagged"), tags=[{"key": "ecs-ops:jobs", "value": "off"}]
        )
        found = next(each for key, each in scheduler._schedules.items() if key[1] == "c8")
        found.params["ScheduleExpressionTimezone"] = "Mars/Olympus"
        world.run_for(GAP_S)
        courier.deliver = deliver
        world.account.client("events").enable_rule(Name=tick)
        world.run_for(900)
        # It is 12:20. Of the messages for 12:25 to 12:45 the second is lost.
        schedule(world, "often", OFTEN)
        schedule(world, "slotless", OFTEN, slot=None)
        world.run_for(300 + 100)
        courier.deliver = lambda *_: None
        world.run_for(300)
        courier.deliver = deliver
        world.run_for(1000)
        yield world


def settled(world: Jobs, job: str, state: str) -> list[str]:
    """The slots of a job's runs in a state, as hours ago."""
    last = max(run.at for run in world.runs(job))
    return [hours(last, run) for run in world.runs(job) if run.state == state]


def hours(last: float, run: RunRow) -> str:
    return f"-{round((last - run.at) / HOUR_S)}h"


def test_c1_latest_makes_up_for_one_slot_and_records_the_other(world):
    assert settled(world, "c1-latest", "SUCCEEDED") == ["-0h"]
    assert settled(world, "c1-latest", "MISSED") == ["-1h"]


def test_c1_all_makes_up_for_each_in_turn(world):
    assert settled(world, "c1-all", "SUCCEEDED") == ["-1h", "-0h"]
    first, second = world.runs("c1-all")
    assert second.started >= first.ended


def test_c1_none_records_them_and_tells_once(world):
    assert settled(world, "c1-none", "MISSED") == ["-1h", "-0h"]
    assert len([each for each in world.alerts("missed") if ":c1-none:" in each["incident"]]) == 1


def test_c2_a_week_is_one_run_and_one_warning(world):
    assert settled(world, "c2-open", "SUCCEEDED") == ["-0h"]
    assert len(warnings(world, "c2-open")) == 1


def test_c2_a_deadline_moves_where_the_count_begins(world):
    assert settled(world, "c2-deadline", "SUCCEEDED") == ["-0h"]
    assert warnings(world, "c2-deadline") == []


def test_a_long_gap_is_recorded_by_its_last_slots(world):
    assert len(settled(world, "c2-open", "MISSED")) == 20
    assert any("so were" in run.reason for run in world.runs("c2-open"))


def test_c8_an_unknown_time_zone_runs_nothing_and_is_told(world):
    assert world.runs("c8") == []
    (alert,) = misscheduled(world, "c8")
    assert "Mars/Olympus" in alert["summary"]


def test_c10_a_day_that_never_comes_is_told_and_ends(world):
    assert world.runs("c10") == []
    (alert,) = misscheduled(world, "c10")
    assert "never comes" in alert["summary"]


def test_a_refused_slot_is_told_as_refused_only_and_holds_up_nobody(world):
    (alert,) = refused(world, "untagged")
    assert "$.taskDefinition" in alert["title"]
    assert world.runs("untagged") == []
    assert world.job("untagged").last_slot is not None
    assert not [each for each in world.alerts("missed") if ":untagged:" in each["incident"]]


def test_c3_a_slot_between_two_that_came_is_missed_and_told(world):
    ended = [run.state for run in world.runs("often")]
    assert ended == ["SUCCEEDED", "MISSED", *["SUCCEEDED"] * 3]
    told = [each for each in world.alerts("missed") if ":often:" in each["incident"]]
    assert [each["state"] for each in told] == ["open", "resolved"]


def test_c12_a_schedule_that_names_no_slot_is_told_of_and_runs_nothing_twice(world):
    runs = world.runs("slotless")
    assert [run.state for run in runs] == ["SUCCEEDED"] * 4
    assert all(run.slot is None for run in runs)
    (alert,) = misscheduled(world, "slotless")
    assert alert["state"] == "open"
    assert SLOT in alert["summary"]


def test_no_message_of_a_schedule_is_left_over(world):
    assert world.dead_letters() == []
    assert world.agenda() == []
    assert iso(world.job("c1-all").last_slot or 0).endswith("00:00Z")


def warnings(world: Jobs, job: str) -> list[str]:
    lines = [entry["line"] for entry in world.account.trace.select("log")]
    return [line for line in lines if "too many missed slots" in line and f'"{job}"' in line]


def refused(world: Jobs, job: str) -> list[dict[str, object]]:
    return [each for each in world.alerts("refused") if f":{job}:" in each["incident"]]


def misscheduled(world: Jobs, job: str) -> list[dict[str, object]]:
    return [each for each in world.alerts("misscheduled") if f":{job}:" in each["incident"]]
