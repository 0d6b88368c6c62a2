"""Amazon Q Developer in chat applications: the custom notification schema, version 1.0.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html: what does not follow the
schema is dropped without a word, so the limits are kept here.
"""

from __future__ import annotations

from typing import Any

from alerts.incident import key_digest
from alerts.news import News, cut, evidence_lines
from ecsops.redaction import redact_text

_TITLE, _DESCRIPTION, _STEP, _SUMMARY = 250, 8_000, 1_500, 1_000
_STEPS, _RESOURCES, _BLOCKS = 10, 20, 3
_LINES = 20
_ICONS = {"critical": ":rotating_light:", "warning": ":warning:", "info": ":information_source:"}
_RESOLVED = ":white_check_mark:"


def notification(news: News) -> dict[str, Any]:
    """The message for the topic of Amazon Q Developer."""
    now = news.now
    icon = _RESOLVED if now.state == "resolved" else _ICONS[news.severity]
    return {
        "version": "1.0",
        "source": "custom",
        "id": news.key,
        "content": {
            "textType": "client-markdown",
            "title": cut(f"{icon} {'TEST: ' if now.test else ''}{now.title}", _TITLE),
            "description": cut(_description(news), _DESCRIPTION),
            "nextSteps": [
                cut(" ".join(_step(s.text, s.command, s.link)), _STEP) for s in now.next_steps
            ][:_STEPS],
            "keywords": [word for word in (now.capability, now.cluster, now.service) if word],
        },
        "metadata": {
            # Stable: what has the same id becomes one thread. The key itself may be any length.
            "threadId": key_digest(news.thread_id),
            "summary": cut(now.title, _SUMMARY),
            "eventType": f"ecs-ops.{now.capability}",
            "relatedResources": [redact_text(arn) for arn in now.resources[:_RESOURCES]],
            "additionalContext": {"severity": news.severity, "state": now.state},
        },
    }


def _description(news: News) -> str:
    parts = [news.now.summary]
    if news.since:
        parts.append("\n".join(f"- {line}" for line in news.since))
    for block in news.now.evidence[:_BLOCKS]:
        lines = "\n".join(evidence_lines(block)[:_LINES]).replace("```", "'''")
        parts.append(f"*{block.title}*\n```\n{lines}\n```")
    return "\n\n".join(parts)


def _step(text: str, command: str | None, link: str | None) -> list[str]:
    return [text, *([f"`{command}`"] if command else []), *([link] if link else [])]
