"""One service's mistake is told once, and is nobody else's."""

import pytest

from ecsops.observability import metrics
from tests.unit.queue_scaling.scaled import error

BAD = {
    "an SLO nobody can read": ({"latency_slo": "soon"}, "ecs-ops:latency-slo", "soon"),
    "a queue that does not exist": ({"queue": "none"}, "ecs-ops:queue", "none"),
    "a queue of another account": (
        {"queue": "arn:aws:sqs:eu-west-1:210987654321:orders"},
        "ecs-ops:queue",
        "arn:aws:sqs:eu-west-1:210987654321:orders",
    ),
    "a queue that may not be read": ({"queue": "secret"}, "ecs-ops:queue", "secret"),
    "a minimum above the maximum": (
        {"min_tasks": "5", "max_tasks": "3"},
        "ecs-ops:min-tasks",
        "5",
    ),
    "a maximum of zero": ({"max_tasks": "0"}, "ecs-ops:max-tasks", "0"),
    "a stream without shards": ({"queue": "kinesis:empty"}, "ecs-ops:queue", "kinesis:empty"),
    "a stream that does not exist": ({"queue": "kinesis:no"}, "ecs-ops:queue", "kinesis:no"),
    "a metric without data": (
        {"queue": "cloudwatch:Mine:Backlog"},
        "ecs-ops:queue",
        "cloudwatch:Mine:Backlog",
    ),
}


@pytest.fixture
def two(account):
    """A good service, and a way to add a bad one."""
    account.queue(visible=60)
    account.queues["secret"] = error("AccessDenied", "explicit deny in a resource-based policy")
    account.streams["empty"] = 0
    account.service("good", running=2)
    return account


@pytest.mark.parametrize(("tags", "tag", "value"), BAD.values(), ids=BAD)
def test_it_gets_one_alert_with_tag_and_value_and_no_datapoint(two, tags, tag, value):
    two.service("bad", **tags)
    two.tick()
    assert two.published() == {"good": 100.0}
    (alert,) = two.alerts()
    assert alert["title"] == f"prod/bad: not scaled, {tag}={value!r} cannot be used"
    assert (alert["severity"], alert["state"]) == ("warning", "open")
    assert alert["evidence"][0]["rows"][0][:2] == [tag, value]
    assert "aws ecs tag-resource" in alert["next_steps"][0]["command"]
    assert metrics.metric_set["ConfigurationErrors"]["Value"] == [1.0]


@pytest.mark.parametrize(("tags", "tag", "value"), BAD.values(), ids=BAD)
def test_it_is_not_scaled_either(two, tags, tag, value):
    arn = two.service("bad", **({"scaling": "direct", "max_tasks": "9"} | tags))
    two.tick()
    assert not two.made("update_service")
    assert two.services[arn]["desiredCount"] == 1


def test_the_same_problem_is_told_once_and_its_end_once(two):
    arn = two.service("bad", latency_slo="soon")
    told = []
    for _ in range(5):
        two.tick()
        told += two.alerts()
    assert len(told) == 1
    two.retag(arn, latency_slo="30s")
    two.tick()
    (mended,) = two.alerts()
    assert (mended["state"], mended["incident"]) == ("resolved", told[0]["incident"])
    two.tick()
    assert two.alerts() == []


def test_another_problem_is_another_message_of_the_same_incident(two):
    arn = two.service("bad", latency_slo="soon")
    two.tick()
    (first,) = two.alerts()
    two.retag(arn, concurrency="many")
    two.tick()
    (second,) = two.alerts()
    assert first["incident"] == second["incident"]
    assert first["stage"] != second["stage"]


def test_an_alert_that_could_not_be_published_is_published_at_the_next_tick(two):
    two.service("bad", latency_slo="soon")
    two.broken["put_events"] = error("InternalException")
    two.tick()
    del two.broken["put_events"]
    two.tick()
    assert len(two.alerts()) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalError", "RequestThrottled"])
def test_a_queue_that_cannot_be_read_now_is_no_mistake_of_its_owner(two, code):
    two.queues["busy"] = error(code)
    two.service("unlucky", queue="orders busy")
    two.tick()
    assert set(two.published()) == {"good"}
    assert two.alerts() == []
    assert metrics.metric_set["UnreadServices"]["Value"] == [1.0]


def test_half_of_a_services_work_is_no_signal(two):
    two.queues["busy"] = error("InternalError")
    arn = two.service("unlucky", queue="orders busy", scaling="direct", max_tasks="50")
    two.tick()
    assert not two.made("update_service")
    two.queue("busy", visible=1)
    two.tick()
    assert two.services[arn]["desiredCount"] > 1


def test_a_description_that_fails_concerns_ten_services_only(account):
    for number in range(15):
        account.service(f"s{number:02}")
    account.queue()
    answer = account.answer_describe_services

    def sometimes(cluster, services, **more):
        if "s00" in services:
            raise error("ThrottlingException")
        return answer(cluster, services, **more)

    account.answer_describe_services = sometimes
    account.tick()
    assert len(account.published()) == 5


def test_a_queue_without_its_attributes_is_unknown_not_empty(account):
    arn = account.service(running=5, scaling="direct", max_tasks="9")
    account.queue(in_flight=4)
    account.tick()
    account.answer_get_queue_attributes = lambda **_: {"Attributes": {}}
    for _ in range(30):
        account.tick()
    assert account.services[arn]["desiredCount"] == 5


def test_a_fault_of_ours_stays_with_its_service(two):
    two.queue("odd", visible="many")
    two.service("odd", queue="odd")
    two.tick()
    assert set(two.published()) == {"good"}


def test_a_daemon_service_cannot_be_scaled_and_is_told_so(two):
    arn = two.service("agent", scaling="direct", max_tasks="9")
    two.services[arn]["schedulingStrategy"] = "DAEMON"
    two.tick()
    (alert,) = two.alerts()
    assert "DAEMON" in alert["summary"]


def test_a_service_that_was_deleted_is_no_error(two):
    arn = two.service("gone")
    two.tick()
    two.services[arn]["status"] = "INACTIVE"
    two.tick()
    assert set(two.published()) == {"good"}
    assert two.alerts() == []


@pytest.mark.parametrize("value", [1e20, 1e300])
def test_a_metric_that_counts_nothing_that_waits_is_kept_from_the_others_request(two, value):
    two.metrics[("Shop", "Bytes")] = value
    two.service("bad", queue="cloudwatch:Shop:Bytes", processing_time="2s")
    for told in (1, 0):
        two.tick()
        assert set(two.published()) == {"good"}
        assert len(two.alerts()) == told


def test_what_was_never_looked_at_has_not_changed_when_it_is_mended(two):
    arn = two.service("bad", running=3, latency_slo="soon")
    two.tick()
    two.retag(arn, latency_slo="60s")
    two.tick()
    assert [alert["state"] for alert in two.alerts()] == ["resolved"]
    assert two.events() == []
