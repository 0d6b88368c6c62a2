"""The clock as the simulators use it: nothing runs beside a call that is being answered."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import Appointment, Clock


class Agenda:
    """A clock and the lock that calls and appointments share (the HTTP server has threads)."""

    def __init__(self, clock: Clock, lock: threading.RLock | None = None) -> None:
        """Share ``lock`` with another agenda, or have one of your own."""
        self._clock = clock
        self.lock = lock or threading.RLock()

    def now(self) -> float:
        """Tell the time."""
        return self._clock.now()

    def later(self, delay: float, callback: Callable[[], None], label: str) -> Appointment:
        """Run ``callback`` in ``delay`` seconds, alone."""

        def alone() -> None:
            with self.lock:
                callback()

        return self._clock.call_later(delay, alone, label=label)

    def publish(self, callback: Callable[[], None], label: str) -> None:
        """Run ``callback`` at once but without the lock: it may lead to further calls."""
        self._clock.call_later(0, callback, label=label)
