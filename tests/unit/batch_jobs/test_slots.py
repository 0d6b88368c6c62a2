"""When a schedule is due: from what GetSchedule says of it, and from the slots that came."""

from datetime import UTC, datetime, timedelta

import pytest

from batch_jobs import slots
from batch_jobs.slots import schedule_of

MADE = datetime(2026, 1, 5, 9, 3, 20, 400_000, UTC)
HOUR = 3600.0
EVERY_HOUR = "rate(1 hour)"


def described(expression=EVERY_HOUR, **more):
    return {
        "ScheduleExpression": expression,
        "CreationDate": MADE,
        "LastModificationDate": MADE,
        **more,
    }


def due(schedule, hours, last=None, settled=0.0):
    """Minutes after it was made, of slots that nobody has asked for."""
    now = MADE.timestamp() + hours * HOUR
    every = slots.due(schedule_of(schedule, last, now), max(last or 0.0, settled), now)
    return [round((slot - MADE.timestamp()) / 60, 1) for slot in every]


def test_a_rate_without_a_start_date_is_due_at_once():
    assert due(described(), 2.5) == [0, 60, 120]


def test_a_start_date_is_the_first_slot():
    start = MADE + timedelta(minutes=90)
    assert due(described(StartDate=start), 4) == [90, 150, 210]
    assert due(described(StartDate=start, EndDate=start + timedelta(minutes=60)), 4) == [90, 150]


def test_a_start_date_that_had_passed_gives_the_rhythm_only():
    assert due(described(StartDate=MADE - timedelta(minutes=20)), 2) == [40, 100]


@pytest.mark.parametrize("apart", [-0.4, 0.0, 1.0, 59.0, 600.0])
def test_a_slot_that_came_is_not_due_again_a_little_later(apart):
    came = MADE.timestamp() + apart
    assert due(described(), 0.9, last=came) == []
    # And the ones after it are counted from it, however Scheduler came to it.
    assert due(described(), 2.5, last=came) == [round(60 * n + apart / 60, 1) for n in (1, 2)]


def test_the_slots_before_one_that_came_have_its_rhythm():
    came = MADE.timestamp() + 2 * HOUR + 600
    found = slots.due(schedule_of(described(), came, came), 0, came)
    assert [round((slot - came) / 60) for slot in found] == [-120, -60, 0]


def test_after_a_change_the_next_slot_counts():
    changed = described(LastModificationDate=MADE + timedelta(minutes=70))
    assert due(changed, 3.5) == [120, 180]
    # The rhythm from before may be another one's.
    assert due(changed, 3.5, last=MADE.timestamp() + 15 * 60) == [120, 180]


def test_a_pause_moves_no_rhythm():
    last = MADE.timestamp()
    assert due(described(), 3.5, last=last, settled=last + 100 * 60) == [120, 180]


def test_a_cron_at_its_start_date_is_due():
    start = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert due(described("cron(0 * * * ? *)", StartDate=start), 2.5) == [56.7, 116.7]


def test_what_does_not_say_when_it_was_made_counts_from_now():
    assert due({"ScheduleExpression": "cron(0 * * * ? *)"}, 9) == []
