"""Slack's Block Kit, within its limits, for a thread's first message and for its replies.

https://docs.slack.dev/reference/block-kit/blocks: 50 blocks a message, 3,000 characters a section text,
150 a header; https://docs.slack.dev/messaging/formatting-message-text: only & < > are escaped.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from alerts.news import News, cut, evidence_lines
from ecsops.alerts import Alert, Diff, Lines, Table

Block = dict[str, Any]
_SECTION, _HEADER, _FALLBACK = 2_900, 150, 2_900
_EVIDENCE, _STEPS, _LINES = 8, 10, 30
_STEP = 500
_ICONS = {"critical": ":rotating_light:", "warning": ":warning:", "info": ":information_source:"}
_HALF_ESCAPE = re.compile(r"&[a-z]{0,3}$")
_RESOLVED = ":white_check_mark:"


def root(news: News) -> tuple[str, list[Block]]:
    """The thread's first message, as the incident stands now: it depends on nothing else."""
    now = news.now
    blocks: list[Block] = [
        {"type": "header", "text": _plain(cut(f"{_icon(news)} {_title(news)}", _HEADER))},
        _section(_shown(now.summary, _SECTION)),
    ]
    blocks += [_step(s.text, s.command, s.link) for s in now.next_steps[:_STEPS]]
    blocks += [_evidence(block) for block in now.evidence[:_EVIDENCE]]
    return _fallback(news), [*blocks, _context(news)]


def reply(news: News) -> tuple[str, list[Block]]:
    """A message in the thread: what is new since the last one."""
    now = news.now
    blocks = [
        _section(f"{_icon(news)} *{_shown(_title(news), _STEP)}*\n{_shown(now.summary, 2_000)}")
    ]
    if news.since:
        blocks.append(_section("\n".join(f"• {_shown(line, 250)}" for line in news.since)))
    blocks += [_step(s.text, s.command, s.link) for s in now.next_steps[:_STEPS]]
    blocks += [_evidence(block) for block in now.evidence[:_EVIDENCE]]
    return _fallback(news), blocks


def escape(text: str) -> str:
    """Text in which nothing is markup, a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shown(text: str, most: int) -> str:
    """Escaped and cut, and not in the middle of an escape; a fence would begin or end a block of code."""
    escaped = escape(text.replace("```", "'''"))
    return escaped if len(escaped) <= most else _HALF_ESCAPE.sub("", escaped[: most - 3]) + "..."


def _title(news: News) -> str:
    return f"{'TEST: ' if news.now.test else ''}{news.now.title}"


def _fallback(news: News) -> str:
    return _shown(f"[{news.mark}] {news.now.title}", _FALLBACK)


def _icon(news: News) -> str:
    return _RESOLVED if news.now.state == "resolved" else _ICONS[news.severity]


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text or " "}}


def _step(text: str, command: str | None, link: str | None) -> Block:
    lines = [_shown(f"→ {text}", _STEP)]
    if link:
        lines.append(_shown(link, _STEP))
    if command:
        lines.append(_code(command, _SECTION - len("\n".join(lines)) - 20))
    return _section("\n".join(lines))


def _evidence(block: Table | Lines | Diff) -> Block:
    title = _shown(block.title, 200)
    lines = evidence_lines(block)
    shown = lines[-_LINES:] if isinstance(block, Lines) else lines[:_LINES]
    more = f"\n{len(lines) - len(shown)} more" if len(lines) > len(shown) else ""
    return _section(f"*{title}*\n{_code('\n'.join(shown), _SECTION - len(title) - 60)}{more}")


def _code(text: str, most: int) -> str:
    return f"```{_shown(text, max(most, 100))}```"


def _context(news: News) -> Block:
    now: Alert = news.now
    began = datetime.fromtimestamp(news.incident.opened_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    where = "/".join(name for name in (now.cluster, now.service) if name)
    parts = [part for part in (now.capability, where, f"since {began}") if part]
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": _shown(" | ".join(parts), _SECTION)}],
    }
