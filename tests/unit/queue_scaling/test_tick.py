"""One tick for all services: what is read, published, changed and remembered."""

import math

import pytest

from ecsops.errors import CallFailed
from ecsops.observability import metrics
from ecsops.queue_status import STATUS_KEY
from queue_scaling.telling import ScalingEvent
from tests.unit.queue_scaling.scaled import START, error


def test_the_ratio_is_published_for_the_minute_that_has_ended(account):
    account.service(running=2)
    account.queue(visible=60)
    account.tick()
    (call,) = account.made("put_metric_data")
    (datum,) = call["MetricData"]
    assert call["Namespace"] == "ECSOps"
    assert datum["MetricName"] == "RequiredRatio"
    assert datum["Dimensions"] == [
        {"Name": "Cluster", "Value": "prod"},
        {"Name": "Service", "Value": "worker"},
    ]
    # 60 messages of 2 s each within 60 s need two tasks, two are running.
    assert datum["Value"] == 100.0
    assert datum["StorageResolution"] == 60
    assert datum["Timestamp"].timestamp() == START // 60 * 60 - 60


def test_an_idle_service_publishes_a_real_zero(account):
    account.service(running=3)
    account.queue()
    account.tick()
    assert account.published() == {"worker": 0.0}


def test_a_message_at_zero_gives_a_ratio_above_the_target(account):
    account.service(running=0)
    account.queue(visible=1)
    account.tick()
    assert account.published()["worker"] > 100


def test_metric_mode_changes_nothing(account):
    account.service(running=1)
    account.queue(visible=5000)
    account.tick()
    assert not account.made("update_service")
    assert not account.made("register_scalable_target")


def test_a_queue_that_two_services_name_is_read_once(account):
    account.service("one")
    account.service("two")
    account.queue(visible=5)
    account.tick()
    assert len(account.made("get_queue_attributes")) == 1
    assert set(account.published()) == {"one", "two"}


def test_services_are_described_ten_at_a_time_and_by_cluster(account):
    for number in range(25):
        account.service(f"s{number}", cluster="a" if number < 12 else "b")
    account.queue()
    account.tick()
    asked = [len(call["services"]) for call in account.made("describe_services")]
    assert sorted(asked) == [2, 3, 10, 10]
    assert len(account.made("put_metric_data")) == 1


def test_services_are_discovered_every_few_minutes_only(account):
    account.service("one")
    account.queue()
    account.tick()
    account.service("two")
    for _ in range(4):
        account.tick()
        assert set(account.published()) == {"one"}
        assert not account.made("get_resources")
    account.tick()
    assert set(account.published()) == {"one", "two"}


def test_a_tag_that_was_removed_counts_at_once(account):
    arn = account.service()
    account.queue(visible=5)
    account.tick()
    account.retag(arn, queue=None)
    account.tick()
    assert account.published() == {}


def test_the_switch_off_holds_at_once(account):
    account.service(scaling="off")
    account.queue(visible=5)
    account.tick()
    assert account.published() == {}
    assert not account.made("get_queue_attributes")


def test_should_discovery_fail_what_is_known_goes_on(account):
    account.service()
    account.queue(visible=5)
    account.tick(seconds=301)
    account.broken["get_resources"] = error("ThrottlingException")
    account.tick()
    assert "worker" in account.published()


@pytest.mark.parametrize("mode", ["managed", "direct", "metric"])
def test_a_service_that_the_tagging_api_leaves_out_goes_on_until_it_says_itself(account, mode):
    arn = account.service(scaling=mode, max_tasks="9", scaling_metrics="all")
    account.service("other", queue="mails")
    account.queue(visible=5)
    account.queue("mails")
    account.tick()
    account.unlisted = {arn}
    for _ in range(12):
        account.tick()
        assert account.published("RequiredTasks") == {"worker": 1}
        assert not account.made("deregister_scalable_target")
    assert account.states()[arn].since < account.now - 700
    account.retag(arn, queue=None)
    account.tick()
    assert bool(account.made("deregister_scalable_target")) is (mode == "managed")
    assert arn not in account.states()
    account.tick()
    (asked,) = account.made("describe_services")
    assert asked["services"] == ["other"]


def test_what_is_known_but_neither_listed_nor_described_now_stays_as_it_is(account):
    arn = account.service(scaling="managed", max_tasks="9")
    account.queue()
    account.tick(seconds=301)
    account.unlisted = {arn}
    account.broken["describe_services"] = error("ThrottlingException")
    account.tick()
    assert not account.made("deregister_scalable_target")
    assert account.states()[arn].managed


def test_all_metrics_are_published_where_they_are_asked_for(account):
    account.service(running=2, scaling_metrics="all")
    account.queue(visible=60, in_flight=4, delayed=3)
    account.metrics["AWS/SQS", "ApproximateAgeOfOldestMessage"] = 12.0
    account.tick()
    (call,) = account.made("put_metric_data")
    values = {datum["MetricName"]: datum["Value"] for datum in call["MetricData"]}
    assert values.keys() == {
        *("RequiredRatio", "RequiredTasks", "Backlog", "QueueLatency", "OldestMessageAge"),
        *("ArrivalRate", "CompletionRate", "ProcessingTime"),
    }
    assert values["Backlog"] == 67
    assert values["OldestMessageAge"] == 12.0
    assert values["QueueLatency"] == 60 * 2.0 / 2


def test_what_is_remembered_makes_rates(account):
    account.service(running=10)
    account.queue(visible=0, in_flight=10)
    account.tick()
    account.queue(visible=300, in_flight=10)
    account.tick()
    (state,) = account.states().values()
    assert state.queues["orders"].offered > 10
    assert "300 waiting" in state.reason
    assert any("300 waiting, 10 in flight; 10/s arriving" in line for line in state.explanation)


def test_the_processing_time_is_measured_from_what_is_deleted(account):
    account.service(running=20)
    account.metrics["AWS/SQS", "NumberOfMessagesDeleted"] = 150.0
    for _ in range(4):
        account.queue(in_flight=10)
        account.tick()
    (state,) = account.states().values()
    # 10 in flight at 2.5 a second: 4 s, not the 2 s of the tag.
    assert math.isclose(state.queues["orders"].service_s, 4.0, rel_tol=0.01)
    assert state.queues["orders"].measured == 1
    assert any("measured 1 times, the tag says 2 s" in line for line in state.explanation)


def test_measuring_takes_a_metric_request_every_few_minutes_only(account):
    account.service()
    account.queue(in_flight=1)
    asked = 0
    for _ in range(60):
        account.tick()
        asked += len(account.made("get_metric_data"))
    assert 3 <= asked <= 6


def test_where_nothing_is_in_flight_nothing_is_measured(account):
    account.service()
    account.queue()
    for _ in range(30):
        account.tick()
        assert not account.made("get_metric_data")


def test_the_dashboard_is_told_how_queues_stand(account):
    account.service("fine", running=2)
    account.service("broken", queue="none")
    account.queue(visible=60)
    account.tick()
    status = {arn.rpartition("/")[2]: each for arn, each in account.status().items()}
    assert (status["fine"].latency_s, status["fine"].slo_s, status["fine"].required) == (60, 60, 2)
    assert status["broken"].problems == 1


def test_a_change_that_somebody_else_made_is_told_with_the_last_reason(account):
    arn = account.service(running=2)
    account.queue(visible=300)
    account.tick()
    account.services[arn]["desiredCount"] = 10
    account.tick()
    (event,) = account.events()
    assert (event["before"], event["after"]) == (2, 10)
    assert "Application Auto Scaling" in event["reason"]
    assert "300 waiting" in event["reason"]
    assert set(event) == set(ScalingEvent.__struct_fields__)


def test_a_tick_that_another_has_overtaken_leaves_what_that_one_wrote(account):
    arn = account.service(running=0, scaling="direct", max_tasks="50")
    account.queue(visible=300)
    overtaking = account.second_process()
    write = account.answer_put_item

    def overtaken(Item, **condition):  # noqa: N803
        if Item["pk"]["S"] != STATUS_KEY:
            account.answer_put_item = write
            overtaking.tick_between(account.now + 20)
        return write(Item, **condition)

    account.tick()
    account.answer_put_item = overtaken
    account.tick()
    assert metrics.metric_set["OvertakenTicks"]["Value"] == [1.0]
    assert account.states()[arn].at == account.now - 40
    account.tick()
    assert account.states()[arn].at == account.now - 60
    assert account.services[arn]["desiredCount"] >= 20


def test_state_that_cannot_be_read_stops_the_tick_before_anything_is_done(account):
    account.service(scaling="direct", max_tasks="9")
    account.queue(visible=300)
    account.broken["batch_get_item"] = error("InternalServerError")
    with pytest.raises(CallFailed, match="BatchGetItem"):
        account.tick()
    assert not account.made("update_service")


def test_metrics_that_cannot_be_published_do_not_keep_from_remembering(account):
    account.service(scaling="direct", max_tasks="50")
    account.queue(visible=300)
    account.broken["put_metric_data"] = error("InternalFailure")
    account.tick()
    assert account.made("update_service")
    (state,) = account.states().values()
    assert state.desired == state.required
