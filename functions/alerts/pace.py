"""How soon a sink is asked again: when it says so itself, one message after the other, else ever later."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

FIRST_RETRY_S, _LONGEST_RETRY_S = 15, 600
# https://docs.slack.dev/apis/web-api/rate-limits: one message a second and channel, bursts apart.
_APART_S = 1.0
# A sink that still refuses a message after so many invitations does not mean them.
_INVITATIONS = 20


@dataclass(slots=True)
class Pace:
    """Sinks that want to be left alone, as this process was told; others learn it by asking.

    Each message that has to wait gets a moment of its own. With the same moment for all, a sink that
    takes one message a second would refuse all but one of them, round after round.
    """

    _quiet_until: dict[str, float] = field(default_factory=dict)
    _free_from: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, sink: str, now: float, retry_after_s: float, failures: int) -> float:
        """Seconds until a message may go out that has failed so often before, and has failed again."""
        if not retry_after_s:
            return _back_off(failures)
        with self._lock:
            self._quiet_until[sink] = max(self._quiet_until.get(sink, 0.0), now + retry_after_s)
            return max(self._next_moment(sink) - now, _back_off(failures - _INVITATIONS))

    def held(self, sink: str, now: float) -> float | None:
        """When a message may go out that was not tried yet, None when it may go at once."""
        with self._lock:
            if self._quiet_until.get(sink, 0.0) <= now:
                return None
            return self._next_moment(sink)

    def _next_moment(self, sink: str) -> float:
        moment = max(self._free_from.get(sink, 0.0), self._quiet_until[sink])
        self._free_from[sink] = moment + _APART_S
        return moment


def _back_off(failures: int) -> float:
    return min(FIRST_RETRY_S * 2.0 ** min(failures, 16), _LONGEST_RETRY_S)
