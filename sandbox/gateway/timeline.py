"""How long calls and back-offs take, without letting parallel threads fight over the clock.

In virtual time nothing may sleep, and the clock belongs to whoever runs the agenda. So each thread
has a lead of its own over the clock: what its calls and back-offs have taken since the clock last
moved. The lead orders and stamps the thread's calls and refills the throttle buckets for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.clock import Clock, WallClock


class Timeline:
    """The time of the account as the calling thread sees it."""

    def __init__(self, clock: Clock) -> None:
        """Follow ``clock``."""
        self._clock = clock
        self._real = isinstance(clock, WallClock)
        self._local = threading.local()
        self._limits: dict[str, float] = {}

    @property
    def real(self) -> bool:
        """True when a second of the account is a second of the machine."""
        return self._real

    def now(self) -> float:
        """Tell the time: the clock's, and the thread's lead over it."""
        return self._clock.now() + self.lead

    def spend(self, seconds: float) -> None:
        """Let the calling thread's time pass: sleep in real time, take the lead in virtual time."""
        if seconds <= 0:
            return
        if self._real:
            time.sleep(seconds)
        else:
            self.lead += seconds

    def restart(self) -> None:
        """Forget the thread's lead: what follows is a new invocation, at the clock's time."""
        self._local.lead = 0.0

    @contextmanager
    def limited(self, function: str, until: float) -> Iterator[None]:
        """Let a function run until then, whichever of its threads asks."""
        outside = self._limits.get(function)
        self._limits[function] = until
        try:
            yield
        finally:
            if outside is None:
                del self._limits[function]
            else:
                self._limits[function] = outside

    def is_over(self, function: str | None) -> bool:
        """Whether the function's time is over for the calling thread."""
        return function in self._limits and self.now() > self._limits[function]

    @property
    def lead(self) -> float:
        """How far ahead of the clock the calling thread is, in seconds."""
        if getattr(self._local, "since", None) != self._clock.now():
            return 0.0
        lead: float = self._local.lead
        return lead

    @lead.setter
    def lead(self, seconds: float) -> None:
        self._local.lead = seconds
        self._local.since = self._clock.now()
