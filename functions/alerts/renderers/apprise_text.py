"""Title and text for Apprise, whose services differ in what they show: short, and no markup."""

from __future__ import annotations

from alerts.news import News, cut
from alerts.renderers import plain

_TITLE, _BODY = 240, 3_500
_TYPES = {"critical": "failure", "warning": "warning", "info": "info"}


def title(news: News) -> str:
    """Severity and title."""
    return cut(f"[{news.mark}] {news.now.title}", _TITLE)


def body(news: News) -> str:
    """The plain text without its first line, which is the title."""
    return cut(plain.body(news).partition("\n")[2].strip(), _BODY)


def notify_type(news: News) -> str:
    """Apprise's own names: ``info``, ``success``, ``warning``, ``failure``."""
    return "success" if news.now.state == "resolved" else _TYPES[news.severity]
