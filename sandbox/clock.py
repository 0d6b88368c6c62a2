"""What time it is in the account, and what happens next."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import time_machine


@dataclass(order=True, slots=True)
class Appointment:
    """A callback on the agenda; equal times run in the order in which they were made."""

    when: float
    seq: int
    callback: Callable[[], None] = field(compare=False)
    label: str = field(compare=False, default="")
    cancelled: bool = field(compare=False, default=False)

    def cancel(self) -> None:
        """Do not run the callback. Harmless when it has run already."""
        self.cancelled = True


class Clock(Protocol):
    """The time of the account, in epoch seconds, and its agenda."""

    def now(self) -> float:
        """Tell the time."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], *, label: str = "") -> Appointment:
        """Run ``callback`` at ``when``; in the past means as soon as possible."""
        ...

    def call_later(
        self, delay: float, callback: Callable[[], None], *, label: str = ""
    ) -> Appointment:
        """Run ``callback`` in ``delay`` seconds."""
        ...

    def close(self) -> None:
        """Give the process its own time back."""
        ...


class SteppedClock:
    """Time moves only from one appointment to the next; the process's own clock does not move along.

    Single-threaded: whoever calls ``run_*`` runs the agenda.
    """

    def __init__(self, start: float) -> None:
        """Start at ``start`` epoch seconds."""
        self._now = start
        self._seq = itertools.count()
        self._agenda: list[Appointment] = []

    def now(self) -> float:
        """Tell the time."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], *, label: str = "") -> Appointment:
        """Run ``callback`` at ``when``; in the past means as soon as possible."""
        appointment = Appointment(max(when, self._now), next(self._seq), callback, label)
        heapq.heappush(self._agenda, appointment)
        return appointment

    def call_later(
        self, delay: float, callback: Callable[[], None], *, label: str = ""
    ) -> Appointment:
        """Run ``callback`` in ``delay`` seconds."""
        return self.call_at(self._now + delay, callback, label=label)

    def run_until(self, when: float) -> None:
        """Run everything that is due up to and including ``when``; the time is then ``when``."""
        while self._agenda and self._agenda[0].when <= when:
            self._run_next()
        self._move_to(when)

    def run_for(self, seconds: float) -> None:
        """Run everything that is due in the next ``seconds``."""
        self.run_until(self._now + seconds)

    def run_until_idle(self, limit_s: float) -> None:
        """Run until nothing is on the agenda, at most ``limit_s`` seconds of virtual time."""
        end = self._now + limit_s
        while self._agenda and self._agenda[0].when <= end:
            self._run_next()

    def advance(self, seconds: float) -> None:
        """Let time pass inside a callback (a call's latency) without running the agenda."""
        self._move_to(self._now + seconds)

    def close(self) -> None:
        """Forget what is still on the agenda."""
        self._agenda.clear()

    def _run_next(self) -> None:
        appointment = heapq.heappop(self._agenda)
        if appointment.cancelled:
            return
        self._move_to(appointment.when)
        appointment.callback()

    def _move_to(self, when: float) -> None:
        self._now = max(self._now, when)


class VirtualClock(SteppedClock):
    """A day runs in seconds, and the process lives in it.

    Moves the process's own clock along (``time.time``, ``datetime.now``), so that handlers and moto
    see the same time without knowing of it.
    """

    def __init__(self, start: float) -> None:
        """Start at ``start`` epoch seconds."""
        super().__init__(start)
        self._travel = time_machine.travel(start, tick=False)
        self._coordinates = self._travel.start()

    def close(self) -> None:
        """Give the process its own time back."""
        super().close()
        self._travel.stop()

    def _move_to(self, when: float) -> None:
        if when > self._now:
            super()._move_to(when)
            self._coordinates.move_to(when)


class WallClock:
    """Real time: the agenda runs in a background thread."""

    def __init__(self) -> None:
        """Start the thread."""
        self._seq = itertools.count()
        self._agenda: list[Appointment] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="sandbox-clock", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Tell the time."""
        return time.time()

    def call_at(self, when: float, callback: Callable[[], None], *, label: str = "") -> Appointment:
        """Run ``callback`` at ``when``; in the past means as soon as possible."""
        with self._changed:
            appointment = Appointment(when, next(self._seq), callback, label)
            heapq.heappush(self._agenda, appointment)
            self._changed.notify()
        return appointment

    def call_later(
        self, delay: float, callback: Callable[[], None], *, label: str = ""
    ) -> Appointment:
        """Run ``callback`` in ``delay`` seconds."""
        return self.call_at(self.now() + delay, callback, label=label)

    def close(self) -> None:
        """Stop the thread; what is still on the agenda does not run."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._agenda or self._agenda[0].when > self.now()):
                    wait = self._agenda[0].when - self.now() if self._agenda else None
                    self._changed.wait(timeout=wait)
                if self._closed:
                    return
                appointment = heapq.heappop(self._agenda)
            if not appointment.cancelled:
                appointment.callback()
