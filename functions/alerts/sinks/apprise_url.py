"""Everything else: Teams, PagerDuty, Opsgenie, Discord, e-mail and some hundred more, by Apprise URL.

Apprise says only whether all went well. So a failure is never certain, and a message may come twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alerts.news import News
from alerts.renderers import apprise_text
from alerts.sinks.channel import SinkRefused, SinkUnclear


@dataclass(frozen=True, slots=True)
class AppriseUrl:
    """One or more Apprise URLs that belong together."""

    apprise: Any

    def send(self, news: News, reference: str | None, now: float) -> str:
        """Notify all of them."""
        del reference, now
        done = self.apprise.notify(
            title=apprise_text.title(news),
            body=apprise_text.body(news),
            notify_type=apprise_text.notify_type(news),
            body_format="text",
        )
        if not done:
            raise SinkUnclear("Apprise did not deliver")
        return news.thread_id

    def find(self, key: str, reference: str | None, now: float) -> str | None:
        """Apprise cannot be asked."""
        del key, reference, now
        return None

    def amend(self, news: News, reference: str) -> None:
        """What was sent stays as it is."""
        del news, reference


def open_apprise(urls: Sequence[str]) -> AppriseUrl:
    """Load Apprise and let it read the URLs."""
    try:
        from apprise import Apprise
    except ImportError:
        raise SinkRefused("Apprise is not in this build: make deploy WITH=apprise") from None
    # Its log lines show addresses with the tokens in them.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    notifier = Apprise()
    for number, url in enumerate(urls, start=1):
        if not notifier.add(url):
            raise SinkRefused(f"Apprise does not understand URL {number} of {len(urls)}")
    return AppriseUrl(notifier)
