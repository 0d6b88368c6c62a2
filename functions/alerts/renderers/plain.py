"""Plain text that reads well on a phone: the first lines say it all."""

from __future__ import annotations

import re

from alerts.news import News, cut, evidence_lines

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: printable ASCII, below 100 characters.
_SUBJECT_LENGTH = 99
_BODY_BYTES = 250_000
_EVIDENCE_LINES = 60
_CUT = "\n[cut: the rest is in the alert's event]"
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]+")


def subject(news: News) -> str:
    """Severity and title, in the alphabet that SNS allows."""
    return cut(_NOT_PRINTABLE_ASCII.sub("?", f"[{news.mark}] {news.now.title}"), _SUBJECT_LENGTH)


def body(news: News) -> str:
    """What happened, what to do, then the evidence."""
    now = news.now
    parts = [now.title, "", now.summary]
    for step in now.next_steps:
        parts += ["", f"-> {step.text}"]
        parts += [f"   {line}" for line in (step.command, step.link) if line]
    if news.since:
        parts += ["", "Since the last message" if news.number > 1 else "Before that"]
        parts += [f"  {line}" for line in news.since]
    for block in now.evidence:
        lines = evidence_lines(block)
        parts += ["", block.title, *(f"  {line}" for line in lines[:_EVIDENCE_LINES])]
        if len(lines) > _EVIDENCE_LINES:
            parts.append(f"  ... {len(lines) - _EVIDENCE_LINES} more")
    parts += ["", f"{now.capability} | {now.incident} | message {news.number}"]
    text = "\n".join(parts).encode()
    if len(text) <= _BODY_BYTES:
        return text.decode()
    return text[:_BODY_BYTES].decode(errors="ignore") + _CUT
