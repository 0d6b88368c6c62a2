"""Slack's Web API, as much of it as the alerts use.

Shapes: https://docs.slack.dev/reference/methods/chat.postMessage, chat.update, conversations.history,
conversations.replies, auth.test; errors are HTTP 200 with ``ok: false``, rate limits HTTP 429 with
``Retry-After`` (https://docs.slack.dev/apis/web-api/rate-limits). History is newest first, a thread's
replies are oldest first.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

from sandbox.sinks.server import Answer, Request, SinkServer

_MAX_BLOCKS, _MAX_SECTION, _MAX_HEADER, _MAX_TEXT = 50, 3000, 150, 40_000


@dataclass(slots=True)
class Posted:
    """A message in a channel."""

    ts: str
    channel: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]
    arrived_at: float
    thread_ts: str | None = None
    edits: int = 0
    history: list[str] = field(default_factory=list)

    def shown(self, *, metadata: bool) -> dict[str, Any]:
        """The message as it is shown to apps; its metadata only to those that ask for it."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text}
        shown |= {"metadata": self.metadata} if metadata else {}
        return shown | ({"thread_ts": self.thread_ts} if self.thread_ts else {})


class FakeSlack(SinkServer):
    """One workspace with some channels and one bot token."""

    def __init__(
        self,
        *channels: str,
        token: str = "xoxb-sandbox",  # noqa: S107 - of no workspace
        can_read: bool = True,
        seconds_apart: float = 0.0,
    ) -> None:
        """``can_read``: the bot has the history scopes. ``seconds_apart`` limits posts to a channel."""
        super().__init__()
        self.channels = set(channels or ("C0ALERTS",))
        self.messages: list[Posted] = []
        self._token, self._can_read = token, can_read
        self._seconds_apart = seconds_apart
        self._posted_at: dict[str, float] = {}

    @property
    def api(self) -> str:
        """What a routes document says for ``api``."""
        return f"{self.url}/api/"

    def threads(self) -> list[Posted]:
        """First messages."""
        return [message for message in self.messages if message.thread_ts is None]

    def replies(self, root: Posted) -> list[Posted]:
        """What follows in a thread."""
        return [message for message in self.messages if message.thread_ts == root.ts]

    def answer(self, request: Request) -> Answer:
        """Answer a call of the Web API."""
        arguments = _arguments(request)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _json({"ok": False, "error": "invalid_auth"})
        method = request.path.removeprefix("/api/")
        answers = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }
        if method not in answers:
            return _json({"ok": False, "error": "unknown_method"})
        if method == "chat.postMessage" and self._too_soon(arguments.get("channel", "")):
            limited = _json({"ok": False, "error": "ratelimited"})
            return replace(limited, status=429, headers={**limited.headers, "Retry-After": "1"})
        return _json(answers[method](arguments))

    def _too_soon(self, channel: str) -> bool:
        now = time.time()
        if now - self._posted_at.get(channel, 0.0) < self._seconds_apart:
            return True
        self._posted_at[channel] = now
        return False

    def _auth_test(self, arguments: dict[str, Any]) -> dict[str, Any]:
        del arguments
        return {"ok": True, "url": f"{self.url}/", "team": "sandbox", "user": "ecs-ops"}

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        problem = self._problem(arguments)
        if problem:
            return {"ok": False, "error": problem}
        thread = arguments.get("thread_ts")
        if thread and not any(message.ts == thread for message in self.messages):
            return {"ok": False, "error": "thread_not_found"}
        now = time.time()  # the account's, where its time is virtual
        message = Posted(
            ts=f"{now + len(self.messages) * 1e-5:.6f}",
            channel=arguments["channel"],
            text=arguments.get("text", ""),
            blocks=arguments.get("blocks", []),
            metadata=arguments.get("metadata", {}),
            arrived_at=now,
            thread_ts=thread,
        )
        self.messages.append(message)
        return {
            "ok": True,
            "channel": message.channel,
            "ts": message.ts,
            "message": message.shown(metadata=True),
        }

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        problem = self._problem(arguments)
        if problem:
            return {"ok": False, "error": problem}
        for message in self.messages:
            if (message.channel, message.ts) == (arguments["channel"], arguments.get("ts")):
                message.history.append(message.text)
                message.text, message.blocks = arguments.get("text", ""), arguments["blocks"]
                message.edits += 1
                return {"ok": True, "channel": message.channel, "ts": message.ts}
        return {"ok": False, "error": "message_not_found"}

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        oldest = float(arguments.get("oldest") or 0)
        roots = [m for m in self.messages if m.thread_ts is None and float(m.ts) > oldest]
        return self._shown(arguments, roots[::-1])

    def _replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        root = arguments.get("ts")
        thread = [m for m in self.messages if root in (m.ts, m.thread_ts)]
        return self._shown(arguments, thread, problem=None if thread else "thread_not_found")

    def _shown(
        self, arguments: dict[str, Any], messages: list[Posted], *, problem: str | None = None
    ) -> dict[str, Any]:
        if not self._can_read:
            return {"ok": False, "error": "missing_scope", "needed": "channels:history"}
        if problem:
            return {"ok": False, "error": problem}
        asked = arguments.get("include_all_metadata") == "true"
        channel = arguments.get("channel")
        there = [m.shown(metadata=asked) for m in messages if m.channel == channel]
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
        more = str(start + limit) if start + limit < len(there) else ""
        return {
            "ok": True,
            "messages": there[start : start + limit],
            "has_more": bool(more),
            "response_metadata": {"next_cursor": more},
        }

    def _problem(self, arguments: dict[str, Any]) -> str | None:
        if arguments.get("channel") not in self.channels:
            return "channel_not_found"
        if len(arguments.get("text", "")) > _MAX_TEXT:
            return "msg_too_long"
        blocks = arguments.get("blocks", [])
        return None if len(blocks) <= _MAX_BLOCKS and all(map(_valid, blocks)) else "invalid_blocks"


def _valid(block: dict[str, Any]) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text", "text": str(text)}}:
            return 0 < len(text) <= _MAX_HEADER
        case {"type": "section", "text": {"type": "mrkdwn", "text": str(text)}}:
            return 0 < len(text) <= _MAX_SECTION
        case {"type": "context", "elements": [{"type": "mrkdwn", "text": str(text)}]}:
            return 0 < len(text) <= _MAX_SECTION
    return False


def _arguments(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        document: dict[str, Any] = json.loads(request.body)
        return document
    return {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}


def _json(document: dict[str, Any]) -> Answer:
    content = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(200, json.dumps(document).encode(), content)
