"""SNS: plain text for people, and custom notifications for Amazon Q Developer on a topic of its own.

SNS cannot be asked whether a message has arrived. A process that dies between publishing and noting it
publishes once more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from alerts.news import News
from alerts.renderers import plain, q_developer
from alerts.sinks.channel import SinkBusy, SinkFailed, SinkRefused, SinkUnclear

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# Subscriptions that do not want the daily self-test filter on this attribute.
TEST_ATTRIBUTE = "ecs-ops-test"
_REFUSED = frozenset(
    {"NotFound", "AuthorizationError", "AccessDenied", "InvalidParameter", "KMSAccessDenied"}
)


@dataclass(frozen=True, slots=True)
class Topic:
    """E-mail and whatever else is subscribed."""

    sns: SNSClient
    topic_arn: str

    def send(self, news: News, reference: str | None, now: float) -> str:
        """Publish a mail."""
        del reference, now
        attributes = {TEST_ATTRIBUTE: {"DataType": "String", "StringValue": "true"}}
        try:
            self.sns.publish(
                TopicArn=self.topic_arn,
                Subject=plain.subject(news),
                Message=plain.body(news),
                MessageAttributes=attributes if news.now.test else {},  # type: ignore[arg-type]
            )
        except (ClientError, BotoCoreError) as error:
            raise _meaning(error) from error
        return self.topic_arn

    def find(self, key: str, reference: str | None, now: float) -> str | None:
        """SNS cannot be asked."""
        del key, reference, now
        return None

    def amend(self, news: News, reference: str) -> None:
        """A mail that was sent stays as it is."""
        del news, reference


@dataclass(frozen=True, slots=True)
class QDeveloperTopic(Topic):
    """The topic that Amazon Q Developer in chat applications listens to."""

    def send(self, news: News, reference: str | None, now: float) -> str:
        """Publish a custom notification."""
        del reference, now
        notification = json.dumps(q_developer.notification(news), ensure_ascii=False)
        try:
            self.sns.publish(TopicArn=self.topic_arn, Message=notification)
        except (ClientError, BotoCoreError) as error:
            raise _meaning(error) from error
        return self.topic_arn


def _meaning(error: ClientError | BotoCoreError) -> SinkFailed:
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        return SinkRefused(code) if code in _REFUSED else SinkBusy(code)
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return SinkBusy(type(error).__name__)
    return SinkUnclear(type(error).__name__)
