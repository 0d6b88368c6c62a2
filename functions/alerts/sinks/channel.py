"""What every sink can do, and how it can fail."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Protocol

from alerts.news import News
from ecsops.errors import OpsError

_LONGEST_WAIT_S = 6 * 3600


class Channel(Protocol):
    """A sink. References are the sink's own: whatever it needs to find its thread again."""

    def send(self, news: News, reference: str | None, now: float) -> str:
        """Tell the news; the thread's reference."""
        ...

    def find(self, key: str, reference: str | None, now: float) -> str | None:
        """The reference of the thread in which the message with this key arrived, None if it did not.

        A sink that cannot be asked answers None: it may get the message twice.
        """
        ...

    def amend(self, news: News, reference: str) -> None:
        """Let what stands above the thread say how things are now. Harmless when repeated."""
        ...


class SinkFailed(OpsError):
    """The sink did not take a message; ``retry_after_s`` is how long it asks to be left alone."""

    def __init__(self, problem: str, retry_after_s: float = 0.0) -> None:
        """``problem`` goes to logs: it must not have an address or a token in it."""
        super().__init__(problem)
        self.retry_after_s = retry_after_s


class SinkBusy(SinkFailed):
    """The message certainly did not arrive; later it may."""


class SinkUnclear(SinkFailed):
    """Nobody knows whether the message arrived."""


class SinkRefused(SinkFailed):
    """The message did not arrive and will not, until a person changes something."""


def found(channel: Channel, key: str, reference: str | None, news: News, now: float) -> str | None:
    """The thread's reference if the attempt with this key did arrive, whose answer was lost."""
    try:
        arrived = channel.find(key, reference, now)
        if arrived is not None:
            channel.amend(news, arrived)
    except SinkFailed as error:
        if isinstance(error, SinkRefused):
            raise
        # It is as unclear as before.
        raise SinkUnclear(str(error), error.retry_after_s) from error
    return arrived


def retry_after(header: str | None, now: float) -> float:
    """Seconds in a ``Retry-After`` header: a number or a date (RFC 9110); 0 when it is neither."""
    text = (header or "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdecimal() else _until(text, now)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT_S)


def _until(text: str, now: float) -> float:
    return parsedate_to_datetime(text).timestamp() - now
