"""SNS: what is published, and what its errors mean."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from alerts.sinks.channel import SinkBusy, SinkRefused, SinkUnclear
from alerts.sinks.topics import QDeveloperTopic, Topic
from tests.unit.alerts.builders import BEGAN, make_alert, make_news


class Sns:
    """Publishes, or raises."""

    def __init__(self, error=None):
        self.error = error
        self.published = []

    def publish(self, **asked):
        if self.error:
            raise self.error
        self.published.append(asked)


def send(kind, sns, **changes):
    return kind(sns, "arn:topic").send(make_news(make_alert(**changes)), None, BEGAN)


def test_a_mail_has_a_subject_and_a_text():
    sns = Sns()
    assert send(Topic, sns) == "arn:topic"
    (mail,) = sns.published
    assert mail["Subject"] == "[warning] prod/web: the deployment fails"
    assert mail["Message"].startswith("prod/web: the deployment fails")
    assert mail["MessageAttributes"] == {}


def test_only_a_test_is_marked_for_the_subscriptions_filter():
    sns = Sns()
    send(Topic, sns, test=True)
    assert sns.published[0]["MessageAttributes"]["ecs-ops-test"]["StringValue"] == "true"


def test_amazon_q_gets_its_own_notification_and_no_subject():
    sns = Sns()
    send(QDeveloperTopic, sns)
    (sent,) = sns.published
    assert set(sent) == {"TopicArn", "Message"}
    assert json.loads(sent["Message"])["source"] == "custom"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (ClientError({"Error": {"Code": "NotFound"}}, "Publish"), SinkRefused),
        (ClientError({"Error": {"Code": "AuthorizationError"}}, "Publish"), SinkRefused),
        (ClientError({"Error": {"Code": "Throttled"}}, "Publish"), SinkBusy),
        (ClientError({"Error": {"Code": "InternalError"}}, "Publish"), SinkBusy),
        (ConnectTimeoutError(endpoint_url="x"), SinkBusy),
        (EndpointConnectionError(endpoint_url="x"), SinkBusy),
        (ReadTimeoutError(endpoint_url="x"), SinkUnclear),
    ],
)
@pytest.mark.parametrize("kind", [Topic, QDeveloperTopic])
def test_what_an_error_means(kind, error, meaning):
    with pytest.raises(meaning):
        send(kind, Sns(error))
