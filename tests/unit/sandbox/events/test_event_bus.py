import datetime as dt
import json

import pytest
from botocore.exceptions import ClientError

from sandbox.account import Account
from sandbox.errors import UnsupportedOperation
from sandbox.faults import EventFault
from tests.unit.sandbox.events.queue_target import bodies, make_queue, make_rule, shop_event


def entry(**changes):
    return {"Source": "shop", "DetailType": "Order", "Detail": '{"n": 1}'} | changes


def test_a_matching_event_arrives_in_the_queue_with_the_fields_that_the_bus_fills_in(account):
    url = make_rule(account)
    account.put_event(shop_event(n=1))
    account.settle()
    (event,) = bodies(account, url)
    assert event["account"] == "123456789012"
    assert event["region"] == "eu-west-1"
    assert event["version"] == "0"
    assert event["time"] == "2026-01-05T09:00:00Z"
    assert event["resources"] == []
    assert event["detail"] == {"n": 1}
    assert len(event["id"]) == 36


def test_an_event_that_no_rule_wants_goes_nowhere(account):
    url = make_rule(account)
    account.put_event(shop_event() | {"source": "other"})
    account.settle()
    assert bodies(account, url) == []
    assert account.trace.select("rule") == []


def test_a_disabled_rule_delivers_nothing_until_it_is_enabled(account):
    url = make_rule(account)
    events = account.client("events")
    events.disable_rule(Name="watch")
    account.put_event(shop_event())
    account.settle()
    assert bodies(account, url) == []
    events.enable_rule(Name="watch")
    account.put_event(shop_event())
    account.settle()
    assert len(bodies(account, url)) == 1


def test_put_events_answers_entry_by_entry(account):
    url = make_rule(account)
    answer = account.client("events").put_events(
        Entries=[
            entry(),
            entry(Source="aws.ecs"),
            entry(Detail="[1]"),
            entry(Detail="{broken"),
            entry(DetailType=""),
        ]
    )
    assert answer["FailedEntryCount"] == 4
    codes = [result.get("ErrorCode") for result in answer["Entries"]]
    assert codes == [
        None,
        "NotAuthorizedForSourceException",
        "MalformedDetail",
        "MalformedDetail",
        "InvalidArgument",
    ]
    account.settle()
    assert [event["id"] for event in bodies(account, url)] == [answer["Entries"][0]["EventId"]]


def test_put_events_keeps_time_and_resources(account):
    url = make_rule(account)
    moment = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
    account.client("events").put_events(Entries=[entry(Time=moment, Resources=["arn:x"])])
    account.settle()
    (event,) = bodies(account, url)
    assert (event["time"], event["resources"]) == ("2026-01-05T08:00:00Z", ["arn:x"])


def test_put_events_takes_ten_entries_and_one_megabyte(account):
    events = account.client("events")
    with pytest.raises(ClientError, match="less than or equal to 10"):
        events.put_events(Entries=[entry()] * 11)
    padding = "x" * (1_048_576 - len("shop") - len("Order") - len('{"p": ""}'))
    fits = entry(Detail=json.dumps({"p": padding}))
    assert events.put_events(Entries=[fits])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="Total size"):
        events.put_events(Entries=[entry(Detail=json.dumps({"p": padding + "x"}))])


def test_a_scheduled_rule_fires_on_the_clock_and_tells_its_own_arn(account):
    url = make_rule(account, "tick")
    account.client("events").put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
    account.run_for(899)
    ticks = bodies(account, url)
    assert [tick["time"] for tick in ticks] == ["2026-01-05T09:05:00Z", "2026-01-05T09:10:00Z"]
    assert ticks[0]["detail-type"] == "Scheduled Event"
    assert ticks[0]["resources"] == ["arn:aws:events:eu-west-1:123456789012:rule/tick"]


def test_a_disabled_schedule_stops_firing(account):
    url = make_rule(account, "tick")
    events = account.client("events")
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)")
    events.disable_rule(Name="tick")
    account.run_for(600)
    assert bodies(account, url) == []


def test_the_target_gets_the_transformed_input(account):
    transformer = {
        "InputPathsMap": {"n": "$.detail.n"},
        "InputTemplate": '{"order": <n>, "rule": "<aws.events.rule-name>"}',
    }
    url = make_rule(account, InputTransformer=transformer)
    account.put_event(shop_event(n=7))
    account.settle()
    assert bodies(account, url) == [{"order": 7, "rule": "watch"}]


def test_a_bus_forwards_to_another_bus(account):
    events = account.client("events")
    arn = events.create_event_bus(Name="orders")["EventBusArn"]
    events.put_rule(Name="forward", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": arn}])
    source = "arn:aws:events:eu-west-1:123456789012:rule/orders/watch"
    url, queue_arn = make_queue(account, "orders-queue", allowed_source=source)
    events.put_rule(Name="watch", EventBusName="orders", EventPattern='{"source": ["shop"]}')
    targets = [{"Id": "queue", "Arn": queue_arn}]
    events.put_targets(Rule="watch", EventBusName="orders", Targets=targets)
    sent = account.put_event(shop_event(n=1))
    account.settle()
    assert [event["id"] for event in bodies(account, url)] == [sent["id"]]


def test_events_reach_a_log_group(account):
    account.client("logs").create_log_group(logGroupName="/aws/events/all")
    events = account.client("events")
    events.put_rule(Name="log", EventPattern='{"source": ["shop"]}')
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/all"
    events.put_targets(Rule="log", Targets=[{"Id": "log", "Arn": group}])
    account.put_event(shop_event(n=1))
    account.settle()
    found = account.client("logs").filter_log_events(logGroupName="/aws/events/all")
    assert [json.loads(line["message"])["detail"] for line in found["events"]] == [{"n": 1}]


def test_rules_and_targets_can_be_listed_changed_and_deleted(account):
    make_rule(account)
    events = account.client("events")
    assert [rule["Name"] for rule in events.list_rules(NamePrefix="wa")["Rules"]] == ["watch"]
    (target,) = events.list_targets_by_rule(Rule="watch")["Targets"]
    assert events.list_rule_names_by_target(TargetArn=target["Arn"])["RuleNames"] == ["watch"]
    with pytest.raises(ClientError, match="since it has targets"):
        events.delete_rule(Name="watch")
    events.remove_targets(Rule="watch", Ids=["queue"])
    events.delete_rule(Name="watch")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        events.describe_rule(Name="watch")


def test_a_rule_takes_five_targets(account):
    make_rule(account)
    arn = "arn:aws:sqs:eu-west-1:123456789012:watch-queue"
    with pytest.raises(ClientError, match="LimitExceededException"):
        account.client("events").put_targets(
            Rule="watch", Targets=[{"Id": str(number), "Arn": arn} for number in range(5)]
        )


def test_an_invalid_pattern_or_retry_policy_is_refused(account):
    events = account.client("events")
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        events.put_rule(Name="bad", EventPattern='{"source": "shop"}')
    make_rule(account)
    target = {"Id": "x", "Arn": "arn:aws:sqs:eu-west-1:123456789012:watch-queue"}
    policy = {"MaximumRetryAttempts": 186}
    with pytest.raises(ClientError, match="MaximumRetryAttempts"):
        events.put_targets(Rule="watch", Targets=[target | {"RetryPolicy": policy}])


def test_a_target_that_the_sandbox_cannot_reach_is_refused_loudly(account):
    make_rule(account)
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:x"
    with pytest.raises(UnsupportedOperation, match="stateMachine"):
        account.client("events").put_targets(Rule="watch", Targets=[{"Id": "sfn", "Arn": machine}])


def test_test_event_pattern_answers_truthfully(account):
    answer = account.client("events").test_event_pattern(
        EventPattern='{"detail": {"containers": {"exitCode": [137]}}}',
        Event=json.dumps(shop_event(containers=[{"exitCode": 137}])),
    )
    assert answer["Result"] is True


def test_the_fault_plan_duplicates_delays_and_shuffles():
    fault = EventFault(source="shop", duplicates=1, delay_s=60, shuffle_s=30)
    with Account(seed=3, faults=[fault]) as account:
        url = make_rule(account)
        for number in range(4):
            account.put_event(shop_event(n=number))
        account.run_for(59)
        assert bodies(account, url) == []
        account.settle()
        order = [event["detail"]["n"] for event in bodies(account, url)]
        assert sorted(order) == [0, 0, 1, 1, 2, 2, 3, 3]
        assert order != sorted(order)


def test_the_order_of_arrival_can_be_given():
    fault = EventFault(source="shop", duplicates=1, delay_s=60, delays=(30, 5, 20))
    with Account(faults=[fault]) as account:
        url = make_rule(account)
        for number in range(3):
            account.put_event(shop_event(n=number))
        account.run_for(64)
        assert bodies(account, url) == []
        account.settle()
        # Their copies are 30, 5; 20, 30; 5 and 20 seconds late.
        assert [event["detail"]["n"] for event in bodies(account, url)] == [0, 2, 1, 2, 0, 1]


def test_the_same_seed_gives_the_same_run():
    def run():
        with Account(seed=11, faults=[EventFault(duplicates=1, shuffle_s=30)]) as account:
            make_rule(account)
            for number in range(5):
                account.put_event(shop_event(n=number))
            account.settle()
            return [(entry.at, entry.kind, entry.get("event_id")) for entry in account.trace]

    assert run() == run()
