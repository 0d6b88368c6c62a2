"""Slack: a thread for each incident, whose first message always shows how things stand.

Every message carries its key as metadata, so Slack can be asked whether one arrived whose answer was
lost. Scopes: chat:write, and channels:history or groups:history for asking.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.base_client import BaseClient

from alerts.news import News
from alerts.renderers import slack_blocks
from alerts.sinks.channel import SinkBusy, SinkFailed, SinkRefused, SinkUnclear, retry_after

EVENT_TYPE = "ecs_ops_alert"
_TIMEOUT_S = 5
_CODE = re.compile(r"[a-z_]{1,60}")
_PAGES, _PAGE = 5, 200
_LOOK_BACK_S = 7 * 3600
_UNCLEAR = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_BUSY = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
_CANNOT_ASK = frozenset({"missing_scope", "not_in_channel", "no_permission", "thread_not_found"})


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """One channel. References are ``<channel id>:<timestamp of the first message>``."""

    web: BaseClient
    channel: str

    def send(self, news: News, reference: str | None, now: float) -> str:
        """Open the thread, or reply in it and bring its first message up to date."""
        if reference is None:
            return self._open(news, now)
        channel, ts = reference.split(":", 1)
        text, blocks = slack_blocks.reply(news)
        try:
            self._post(news, text, blocks, {"channel": channel, "thread_ts": ts}, now)
        except SinkRefused as error:
            if error.args[0] not in _NO_THREAD:
                raise
            # Somebody has deleted it; what is new still has to be told.
            return self._open(news, now)
        try:
            self.amend(news, reference)
        except SinkFailed as error:
            # The reply is there, its first message is out of date: the next attempt finds the reply.
            raise SinkUnclear(f"chat.update: {error}", error.retry_after_s) from error
        return reference

    def _open(self, news: News, now: float) -> str:
        text, blocks = slack_blocks.root(news)
        answer = self._post(news, text, blocks, {"channel": self.channel}, now)
        return f"{answer['channel']}:{answer['ts']}"

    def find(self, key: str, reference: str | None, now: float) -> str | None:
        """Look for the message's key in the thread, or in the channel's latest messages."""
        for message in self._messages(reference, now):
            metadata = message.get("metadata") or {}
            if (metadata.get("event_payload") or {}).get("key") == key:
                return reference or f"{self.channel}:{message['ts']}"
        return None

    def amend(self, news: News, reference: str) -> None:
        """Let the thread's first message say how things are now."""
        channel, ts = reference.split(":", 1)
        text, blocks = slack_blocks.root(news)
        try:
            self._call(
                "chat.update", {"channel": channel, "ts": ts, "text": text, "blocks": blocks}
            )
        except SinkRefused as error:
            # Somebody has deleted the message, or edits are forbidden: the reply says it all.
            if error.args[0] not in {
                "message_not_found",
                "cant_update_message",
                "edit_window_closed",
            }:
                raise

    def _post(
        self, news: News, text: str, blocks: list[Any], where: dict[str, str], now: float
    ) -> dict[str, Any]:
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": news.key}}
        quiet = {"unfurl_links": False, "unfurl_media": False}
        said = {"text": text, "blocks": blocks, "metadata": metadata}
        return self._call("chat.postMessage", {**where, **said, **quiet}, now)

    def _messages(self, reference: str | None, now: float) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"include_all_metadata": "true", "limit": str(_PAGE)}
        if reference is None:
            method, query = "conversations.history", query | {"channel": self.channel}
            query["oldest"] = f"{now - _LOOK_BACK_S:.6f}"
        else:
            channel, ts = reference.split(":", 1)
            method, query = "conversations.replies", query | {"channel": channel, "ts": ts}
        for _ in range(_PAGES):
            try:
                answer = self._ask(method, query)
            except SinkRefused as error:
                if error.args[0] in _CANNOT_ASK:
                    return
                raise
            yield from answer.get("messages") or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            query["cursor"] = cursor

    def _ask(self, method: str, query: dict[str, Any]) -> dict[str, Any]:
        return self._answer(method, now=0.0, http_verb="GET", params=query)

    def _call(self, method: str, document: dict[str, Any], now: float = 0.0) -> dict[str, Any]:
        return self._answer(method, now=now, json=document)

    def _answer(self, method: str, *, now: float, **request: Any) -> dict[str, Any]:
        try:
            data = self.web.api_call(method, **request).data
        except SlackApiError as error:
            raise _meaning(error, now) from None
        except (SlackClientError, OSError, http.client.HTTPException) as error:
            raise _unreachable(error) from None
        if not isinstance(data, dict):
            raise SinkUnclear("not an answer of the Web API")
        return data


def open_channel(token: str, channel: str, api: str | None) -> SlackChannel:
    """A channel; slack_sdk's own retries are off, because they would send a message twice."""
    web = BaseClient(
        token, base_url=api or BaseClient.BASE_URL, timeout=_TIMEOUT_S, retry_handlers=[]
    )
    return SlackChannel(web, channel)


def _meaning(error: SlackApiError, now: float) -> SinkFailed:
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == http.client.TOO_MANY_REQUESTS or code in _BUSY:
        headers = {str(k).lower(): v for k, v in (getattr(response, "headers", None) or {}).items()}
        return SinkBusy("ratelimited", retry_after(headers.get("retry-after"), now) or 30)
    # slack_sdk passes on as the error's code whatever came instead of JSON.
    if not _CODE.fullmatch(code):
        return SinkUnclear(f"HTTP {status} without an answer of the Web API")
    if status >= http.client.INTERNAL_SERVER_ERROR or code in _UNCLEAR:
        return SinkUnclear(code)
    return SinkRefused(code)


def _unreachable(error: Exception) -> SinkFailed:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ConnectionRefusedError):
        return SinkBusy("connection refused")
    return SinkUnclear(type(reason).__name__)
