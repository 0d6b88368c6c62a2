"""Amazon Q Developer in chat applications: the custom notification schema, version 1.0.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html: what does not follow the
schema is dropped without a word, so the limits are kept here.
"""

from __future__ import annotations

import re
from typing import Any

from alerts.news import News, cut, evidence_lines
from ecsops.alerts import NextStep

_TITLE, _DESCRIPTION, _STEP, _SUMMARY = 250, 8_000, 1_500, 1_000
_STEPS, _RESOURCES, _BLOCKS = 10, 20, 3
_LINES = 20
_ICONS = {"critical": ":rotating_light:", "warning": ":warning:", "info": ":information_source:"}
_RESOLVED = ":white_check_mark:"
_FENCE_END = "\n```"
# <!channel>, <@U123>, <https://elsewhere|AWS console>, <at>; [AWS console](https://elsewhere).
_MARKUP = re.compile(r"<(?=[!@#/a-z])", re.IGNORECASE)
_LINK = re.compile(r"\]\(")


def notification(news: News) -> dict[str, Any]:
    """The message for the topic of Amazon Q Developer."""
    now = news.now
    icon = _RESOLVED if now.state == "resolved" else _ICONS[news.severity]
    title = _inert(now.title)
    return {
        "version": "1.0",
        "source": "custom",
        "id": news.key,
        "content": {
            "textType": "client-markdown",
            "title": cut(f"{icon} {'TEST: ' if now.test else ''}{title}", _TITLE),
            "description": _description(news),
            "nextSteps": [cut(_inert(_step(step)), _STEP) for step in now.next_steps[:_STEPS]],
            "keywords": [_inert(w) for w in (now.capability, now.cluster, now.service) if w],
        },
        "metadata": {
            # Stable: what has the same id becomes one thread.
            "threadId": news.thread_id,
            "summary": cut(title, _SUMMARY),
            "eventType": f"ecs-ops.{now.capability}",
            "relatedResources": list(now.resources[:_RESOURCES]),
            "additionalContext": {"severity": news.severity, "state": now.state},
        },
    }


def _description(news: News) -> str:
    # A description is required: one that is empty would lose the whole message.
    parts = [news.now.summary or news.now.title]
    if news.since:
        parts.append("\n".join(f"- {line}" for line in news.since))
    for block in news.now.evidence[:_BLOCKS]:
        lines = "\n".join(evidence_lines(block)[:_LINES]).replace("```", "'''")
        parts.append(f"*{block.title}*\n```\n{lines}\n```")
    text = cut(_inert("\n\n".join(parts)), _DESCRIPTION - len(_FENCE_END))
    return text + _FENCE_END if text.count("```") % 2 else text


def _step(step: NextStep) -> str:
    command = f"`{step.command}`" if step.command else ""
    return " ".join(part for part in (step.text, command, step.link) if part)


def _inert(text: str) -> str:
    """Text in which nothing mentions anybody and no link hides where it leads, in Slack and in Teams."""
    return _LINK.sub("] (", _MARKUP.sub("< ", text))
