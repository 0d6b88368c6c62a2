import datetime as dt
import json

import pytest
from botocore.exceptions import ClientError

from sandbox.stack.roles import Role
from tests.unit.sandbox.events.queue_target import bodies, make_queue

ROLE = "arn:aws:iam::123456789012:role/scheduler"


def policy(**statement):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


@pytest.fixture(autouse=True)
def role(account):
    trusted = policy(Action="sts:AssumeRole", Principal={"Service": "scheduler.amazonaws.com"})
    role = Role("scheduler", ROLE, trusted)
    role.inline["send"] = policy(Action="sqs:SendMessage", Resource="*")
    account.roles.add(role)
    return role


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
        account,
        arn,
        "rate(10 minutes)",
        StartDate=start,
        EndDate=start + dt.timedelta(minutes=25),
        Target={"Input": '["<aws.scheduler.scheduled-time>"]'},
    )
    account.run_for(3600 * 3)
    slots = [f"2026-01-05T10:{minute}:00Z" for minute in ("00", "10", "20")]
    assert bodies(account, url) == [[slot] for slot in slots]


def test_a_rate_without_a_start_date_starts_at_once_and_only_when_it_is_new(account):
    url, arn = make_queue(account, "jobs")
    create(account, arn, "rate(10 minutes)")
    account.run_for(1)
    assert len(bodies(account, url)) == 1
    scheduler = account.client("scheduler")
    shown = scheduler.get_schedule(Name="nightly")
    names = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    account.run_for(300)
    scheduler.update_schedule(**{name: shown[name] for name in names})
    account.run_for(290)
    assert len(bodies(account, url)) == 1
    account.run_for(60)
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


def test_a_schedule_says_when_it_was_made_and_changed(account):
    scheduler, made = account.client("scheduler"), account.clock.now()
    create(account, make_queue(account, "jobs")[1], "rate(1 hour)")
    account.run_for(60)
    scheduler.update_schedule(
        **{
            name: value
            for name, value in scheduler.get_schedule(Name="nightly").items()
            if name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        }
    )
    [listed] = scheduler.list_schedules()["Schedules"]
    for shown in (scheduler.get_schedule(Name="nightly"), listed):
        assert shown["CreationDate"].timestamp() == made
        assert shown["LastModificationDate"].timestamp() == made + 60


def test_a_second_schedule_of_the_same_name_is_a_conflict(account):
    _, arn = make_queue(account, "jobs")
    create(account, arn, "rate(1 minute)")
    with pytest.raises(ClientError, match="ConflictException"):
        create(account, arn, "rate(1 minute)")


def schedules(account):
    return [each["Name"] for each in account.client("scheduler").list_schedules()["Schedules"]]


def test_a_one_shot_schedule_may_go_when_it_has_fired(account):
    url, arn = make_queue(account, "jobs")
    once = "at(2026-01-05T09:30:00)"
    create(account, arn, once, ActionAfterCompletion="DELETE")
    account.run_for(1790)
    assert schedules(account) == ["nightly"]
    account.run_for(20)
    assert (bodies(account, url), schedules(account)) == ([{}], [])
    create(account, arn, "at(2026-01-05T10:30:00)")
    account.run_for(4000)
    assert schedules(account) == ["nightly"]


def test_a_recurring_schedule_goes_after_its_end_date(account):
    url, arn = make_queue(account, "jobs")
    end = dt.datetime(2026, 1, 5, 9, 25, tzinfo=dt.UTC)
    create(account, arn, "rate(10 minutes)", EndDate=end, ActionAfterCompletion="DELETE")
    account.run_for(1500)
    assert (len(bodies(account, url)), schedules(account)) == (3, [])


def test_a_client_token_makes_a_second_create_harmless(account):
    _, arn = make_queue(account, "jobs")
    first = create(account, arn, "rate(1 minute)", ClientToken="token")
    again = create(account, arn, "rate(1 minute)", ClientToken="token")
    assert again["ScheduleArn"] == first["ScheduleArn"]
    with pytest.raises(ClientError, match="ConflictException"):
        create(account, arn, "rate(1 minute)", ClientToken="another")


def test_schedules_of_a_group_have_names_of_their_own_and_go_with_it(account):
    url, arn = make_queue(account, "jobs")
    scheduler = account.client("scheduler")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        create(account, arn, "rate(1 minute)", GroupName="bakes")
    scheduler.create_schedule_group(Name="bakes")
    create(account, arn, "rate(1 minute)", GroupName="bakes")
    made = create(account, arn, "at(2026-01-05T23:00:00)")
    assert made["ScheduleArn"].endswith(":schedule/default/nightly")
    shown = scheduler.get_schedule(Name="nightly", GroupName="bakes")
    assert shown["Arn"].endswith(":schedule/bakes/nightly")
    listed = scheduler.list_schedules(GroupName="bakes", NamePrefix="night")["Schedules"]
    assert [each["GroupName"] for each in listed] == ["bakes"]
    scheduler.delete_schedule_group(Name="bakes")
    account.run_for(300)
    assert (bodies(account, url), schedules(account)) == ([], ["nightly"])
    with pytest.raises(ClientError, match="ValidationException"):
        scheduler.delete_schedule_group(Name="default")


def test_a_target_is_called_as_the_role_of_the_schedule(account, role):
    url, arn = make_queue(account, "jobs")
    role.inline["send"] = policy(Action="sqs:SendMessage", Resource="arn:aws:sqs:*:*:others")
    create(account, arn, "at(2026-01-05T09:01:00)")
    account.run_for(120)
    assert bodies(account, url) == []
    (lost,) = account.trace.select("dead_letter")
    assert lost["error_code"] == "NO_PERMISSIONS"


def test_a_role_that_does_not_trust_the_scheduler_delivers_nothing(account, role):
    url, arn = make_queue(account, "jobs")
    role.trusted = policy(Action="sts:AssumeRole", Principal={"Service": "events.amazonaws.com"})
    create(account, arn, "at(2026-01-05T09:01:00)")
    account.run_for(120)
    assert bodies(account, url) == []
