"""Each alert once for the reader: claims on a real condition evaluator (moto), a stand-in for SNS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from alerts.delivery import Delivery
from ecsops.claims import Claims
from ecsops.observability import metrics
from ecsops.queue import Message
from tests.unit.alerts.builders import alert, message
from tests.unit.ecsops.events.sample_events import load

NOW = 1_772_442_000.0
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"


class Killed(BaseException):
    """The process dies."""


@dataclass
class FakeTopic:
    """Remembers what was published; ``before`` and ``after`` may raise around it."""

    before: BaseException | None = None
    after: BaseException | None = None
    subjects: list[str] = field(default_factory=list)

    def publish(self, *, TopicArn, Subject, Message):  # noqa: N803
        assert TopicArn == TOPIC
        assert Message
        if self.before:
            raise self.before
        self.subjects.append(Subject)
        if self.after:
            raise self.after


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "Throttled"}}, "Publish")


@pytest.fixture
def topic() -> FakeTopic:
    return FakeTopic()


@pytest.fixture
def delivery(topic, dynamodb) -> Delivery:
    return Delivery(topic, Claims(dynamodb, "ops"), TOPIC)


@pytest.fixture(autouse=True)
def fresh_metrics():
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()


def counted(name: str) -> float:
    return sum(metrics.metric_set.get(name, {}).get("Value", ()))


def test_an_alert_is_delivered(delivery, topic):
    assert delivery.deliver([message()], NOW) == set()
    assert topic.subjects == ["[info] prod/web: Spot took 3 tasks"]
    assert counted("AlertsDelivered") == 1


def test_our_sample_is_delivered(delivery, topic):
    assert delivery.deliver([Message("m1", json.dumps(load("ecs-ops-alert")))], NOW) == set()
    assert len(topic.subjects) == 1


def test_a_duplicate_in_one_batch_is_delivered_once(delivery, topic):
    assert delivery.deliver([message("a"), message("b")], NOW) == set()
    assert len(topic.subjects) == 1
    assert counted("DuplicateAlerts") == 1


@pytest.mark.parametrize("later_s", [1, 61, 86_400, 7 * 86_400])
def test_a_late_duplicate_is_not_delivered_again(delivery, topic, later_s):
    delivery.deliver([message()], NOW)
    assert delivery.deliver([message()], NOW + later_s) == set()
    assert len(topic.subjects) == 1


def test_every_stage_of_an_incident_is_delivered(delivery, topic):
    assert delivery.deliver([message(stage="open"), message(stage="resolved")], NOW) == set()
    assert len(topic.subjects) == 2


def test_what_sns_refuses_is_tried_again_and_delivered_once(delivery, topic):
    topic.before = throttled()
    assert delivery.deliver([message()], NOW) == {"m1"}
    topic.before = None
    assert delivery.deliver([message()], NOW + 1) == set()
    assert len(topic.subjects) == 1


def test_a_crash_after_publishing_sends_once_more_and_only_after_the_lease(delivery, topic):
    topic.after = Killed()
    with pytest.raises(Killed):
        delivery.deliver([message()], NOW)
    topic.after = None
    assert delivery.deliver([message()], NOW + 30) == {"m1"}
    assert len(topic.subjects) == 1
    assert delivery.deliver([message()], NOW + 61) == set()
    assert len(topic.subjects) == 2
    assert delivery.deliver([message()], NOW + 200) == set()
    assert len(topic.subjects) == 2


def test_a_second_copy_is_not_dropped_while_the_first_may_yet_fail(delivery, topic):
    """SQS may hand one message to two functions; deleting it for one would lose it for the other."""
    other = []

    class Slow(FakeTopic):
        def publish(self, **params):
            other.append(delivery.deliver([message()], NOW))
            raise throttled()

    slow = Delivery(Slow(), delivery.claims, TOPIC)
    assert slow.deliver([message()], NOW) == {"m1"}
    assert other == [{"m1"}]
    assert topic.subjects == []
    assert delivery.deliver([message()], NOW + 120) == set()
    assert len(topic.subjects) == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("nonsense", "$"),
        ('{"source": 1, "detail', "$"),
        ("[" * 100_000, "$"),
        ("\ud800", "$"),
        (json.dumps(load("ecs-task-running")), "$.detail-type"),
        (json.dumps(load("ecs-ops-alert") | {"detail": {}}), "$.detail.incident"),
        (json.dumps(load("ecs-ops-alert") | {"detail": None}), "$.detail"),
    ],
    ids=["text", "half", "deep", "surrogate", "other", "empty", "null"],
)
def test_what_is_no_alert_is_kept_and_holds_up_nothing(delivery, topic, body, path):
    assert delivery.deliver([Message("bad", body), message()], NOW) == {"bad"}
    assert len(topic.subjects) == 1
    assert counted("RejectedMessages") == 1


def test_a_severity_of_tomorrow_is_kept_for_a_person(delivery, topic):
    document = json.loads(message().body)
    document["detail"]["severity"] = "apocalyptic"
    assert delivery.deliver([Message("m1", json.dumps(document))], NOW) == {"m1"}
    assert topic.subjects == []


def test_fields_of_tomorrow_are_no_obstacle(delivery, topic):
    document = json.loads(message().body)
    document["detail"] |= {"mood": "calm", "evidence": [{"kind": "hologram"}]}
    assert delivery.deliver([Message("m1", json.dumps(document))], NOW) == set()
    assert len(topic.subjects) == 1


def test_without_its_table_nothing_is_sent_and_everything_comes_back(topic, dynamodb):
    delivery = Delivery(topic, Claims(dynamodb, "no-such-table"), TOPIC)
    assert delivery.deliver([message("a"), message("b")], NOW) == {"a", "b"}
    assert topic.subjects == []


def test_a_claim_names_incident_and_stage(delivery, dynamodb):
    delivery.deliver([message()], NOW)
    one = alert()
    key = {"pk": {"S": f"{one.incident}#{one.stage}"}}
    assert dynamodb.get_item(TableName="ops", Key=key)["Item"]["state"] == {"S": "DONE"}
