"""A generic webhook, signed. Every attempt at a message has the same ``Idempotency-Key``."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from alerts.news import News
from alerts.renderers import webhook
from alerts.sinks.channel import SinkBusy, SinkRefused, SinkUnclear, retry_after

_TIMEOUT = urllib3.Timeout(connect=2, read=5)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Webhook:
    """One URL; ``key`` signs, if there is one."""

    http: urllib3.PoolManager
    url: str
    key: bytes | None

    def send(self, news: News, reference: str | None, now: float) -> str:
        """Post the document."""
        del reference
        content = webhook.body(news)
        headers = webhook.headers(content, self.key, news.key, now)
        try:
            answer = self.http.request(
                "POST",
                self.url,
                body=content,
                headers=headers,
                timeout=_TIMEOUT,
                retries=False,
                redirect=False,
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise SinkBusy(type(error).__name__) from None
        except HTTPError as error:
            raise SinkUnclear(type(error).__name__) from None
        _check(answer.status, answer.headers.get("Retry-After"), now)
        return news.thread_id

    def find(self, key: str, reference: str | None, now: float) -> str | None:
        """The receiver knows the key and takes a repetition for what it is."""
        del key, reference, now
        return None

    def amend(self, news: News, reference: str) -> None:
        """What was posted stays as it is."""
        del news, reference


def open_webhook(url: str, key: str | None) -> Webhook:
    """A webhook; plain http only to this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SinkRefused("the webhook's URL must begin with https://")
    return Webhook(urllib3.PoolManager(), url, key.encode() if key else None)


def _check(status: int, wait: str | None, now: float) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _AGAIN:
        raise SinkBusy(f"HTTP {status}", retry_after(wait, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise SinkUnclear(f"HTTP {status}", retry_after(wait, now))
    raise SinkRefused(f"HTTP {status}")
