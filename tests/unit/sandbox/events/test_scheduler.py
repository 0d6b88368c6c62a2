import datetime as dt
import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.events.queue_target import bodies, make_queue

ROLE = "arn:aws:iam::123456789012:role/scheduler"


def create(account, arn, expression, **changes):
    target = {"Arn": arn, "RoleArn": ROLE} | changes.pop("Target", {})
    return account.client("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        **changes,
    )


def test_a_schedule_sends_its_input_and_fills_in_the_scheduled_time(account):
    url, arn = make_queue(account, "jobs")
    body = json.dumps({"job": "report", "at": "<aws.scheduler.scheduled-time>"})
    create(account, arn, "cron(30 9 * * ? *)", Target={"Input": body})
    account.run_for(3600)
    assert bodies(account, url) == [{"job": "report", "at": "2026-01-05T09:30:00Z"}]


def test_a_schedule_keeps_to_its_time_zone(account):
    url, arn = make_queue(account, "jobs")
    create(account, arn, "cron(0 11 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    account.run_for(3599)
    assert bodies(account, url) == []
    account.run_for(3)
    assert bodies(account, url) == [{}]


def test_a_rate_starts_with_its_start_date_and_ends_with_its_end_date(account):
    url, arn = make_queue(account, "jobs")
    start = dt.datetime(2026, 1, 5, 10, tzinfo=dt.UTC)
    create(
        account, arn, "rate(10 minutes)", StartDate=start, EndDate=start + dt.timedelta(minutes=25)
    )
    account.run_for(3600 * 3)
    assert len(bodies(account, url)) == 2


def test_a_disabled_schedule_does_not_fire_and_a_deleted_one_is_gone(account):
    url, arn = make_queue(account, "jobs")
    create(account, arn, "rate(1 minute)", State="DISABLED")
    account.run_for(300)
    assert bodies(account, url) == []
    scheduler = account.client("scheduler")
    assert scheduler.get_schedule(Name="nightly")["State"] == "DISABLED"
    scheduler.delete_schedule(Name="nightly")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scheduler.get_schedule(Name="nightly")


def test_an_update_replaces_the_expression(account):
    url, arn = make_queue(account, "jobs")
    create(account, arn, "rate(1 minute)")
    account.client("scheduler").update_schedule(
        Name="nightly",
        ScheduleExpression="at(2026-01-05T09:30:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE},
    )
    account.run_for(3600)
    assert len(bodies(account, url)) == 1
    assert [s["Name"] for s in account.client("scheduler").list_schedules()["Schedules"]] == [
        "nightly"
    ]


def test_a_second_schedule_of_the_same_name_is_a_conflict(account):
    _, arn = make_queue(account, "jobs")
    create(account, arn, "rate(1 minute)")
    with pytest.raises(ClientError, match="ConflictException"):
        create(account, arn, "rate(1 minute)")
