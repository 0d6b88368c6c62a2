"""Sinks by name: made when first used, kept as long as their settings stay the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alerts.credentials import Credentials
from alerts.routing import Routes, Sink
from alerts.sinks.channel import Channel, SinkRefused

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(slots=True)
class Outlets:
    """What the stack has to send with. Clients are connected on first use."""

    connect_sns: Callable[[], SNSClient]
    topic_arn: str
    q_topic_arn: str
    credentials: Credentials
    _open: dict[str, tuple[Sink, Any, Channel]] = field(default_factory=dict, repr=False)

    def open(self, name: str, routes: Routes, now: float) -> Channel:
        """The sink's channel; raises ``SinkRefused`` when it cannot be used as it is described."""
        sink = routes.sink(name)
        if sink is None:
            raise SinkRefused(f"the routes document has no sink {name!r} any more")
        value = self.credentials.get(sink.secret, now).value if sink.secret else None
        known = self._open.get(name)
        if known is not None and known[:2] == (sink, value):
            return known[2]
        channel = self._make(sink, now)
        self._open[name] = (sink, value, channel)
        return channel

    def _make(self, sink: Sink, now: float) -> Channel:
        from alerts.sinks.topics import QDeveloperTopic, Topic

        if sink.type == "sns":
            return Topic(self.connect_sns(), self.topic_arn)
        if sink.type == "q-developer":
            return QDeveloperTopic(self.connect_sns(), self.q_topic_arn)
        credential = self.credentials.get(sink.secret or "", now)
        match sink.type:
            case "slack":
                from alerts.sinks.slack import open_channel

                return open_channel(credential.text(), sink.channel or "", sink.api)
            case "webhook":
                from alerts.sinks.webhook import open_webhook

                return open_webhook(*credential.url_and_key())
            case "apprise":
                from alerts.sinks.apprise_url import open_apprise

                return open_apprise(credential.texts())
