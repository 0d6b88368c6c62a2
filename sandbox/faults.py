"""Which call fails, and which event is duplicated, delayed or shuffled."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.errors import SandboxError
from sandbox.trace import Trace

CallFaultKind = Literal[
    "throttle", "error", "timeout-before", "timeout-after", "crash-after", "slow"
]


class ConnectionFailed(SandboxError):
    """The connection was never made: nothing happened in the account."""


class ResponseLost(SandboxError):
    """The call took effect, but the caller saw no answer."""


class Crashed(BaseException):
    """The process died right after a call took effect. Not an Exception: no handler may catch it."""


class OutOfTime(Crashed):
    """The function's time limit was over before the call: a process that was killed makes none."""


@dataclass(frozen=True, slots=True)
class CallFault:
    """What goes wrong with which AWS calls of functions; None matches everything.

    ``nth`` counts the matching calls from 1; ``probability`` is drawn for each of them; with neither,
    every matching call is hit.
    """

    kind: CallFaultKind
    service: str | None = None
    operation: str | None = None
    function: str | None = None
    nth: int | None = None
    probability: float | None = None
    code: str = "ServerException"
    message: str = "These errors are usually caused by a server issue."
    status: int = 500
    seconds: float = 0.0

    def concerns(self, service: str, operation: str, function: str | None) -> bool:
        """Tell whether the call is one of those that the fault is about."""
        return (
            self.service in (None, service)
            and self.operation in (None, operation)
            and self.function in (None, function)
        )


@dataclass(frozen=True, slots=True)
class EventFault:
    """What goes wrong with the delivery of which events; None matches everything.

    ``duplicates`` further copies arrive; every copy is ``delay_s`` late, and on top of it by a random
    time of up to ``shuffle_s``, which changes the order; or by the next of ``delays``, in turn.
    """

    source: str | None = None
    detail_type: str | None = None
    duplicates: int = 0
    delay_s: float = 0.0
    shuffle_s: float = 0.0
    delays: tuple[float, ...] = ()
    probability: float | None = None

    def concerns(self, event: Mapping[str, Any]) -> bool:
        """Tell whether the event is one of those that the fault is about."""
        return self.source in (None, event.get("source")) and self.detail_type in (
            None,
            event.get("detail-type"),
        )


class FaultPlan:
    """The faults of a run. The same seed and the same calls give the same faults."""

    def __init__(
        self,
        rng: random.Random,
        *,
        calls: Iterable[CallFault] = (),
        events: Iterable[EventFault] = (),
        trace: Trace | None = None,
    ) -> None:
        """Draw from ``rng``; event faults are recorded in ``trace``, call faults in the call's entry."""
        self._rng = rng
        self._trace = trace
        self._lock = threading.Lock()
        self._calls = list(calls)
        self._matches = [0] * len(self._calls)
        self._events = list(events)
        self._copies: dict[EventFault, int] = {}

    def add(self, fault: CallFault | EventFault) -> None:
        """Add a fault from now on; its calls are counted from here."""
        with self._lock:
            if isinstance(fault, EventFault):
                self._events.append(fault)
            else:
                self._calls.append(fault)
                self._matches.append(0)

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._calls.clear()
            self._matches.clear()
            self._events.clear()

    def plan_call(self, service: str, operation: str, function: str | None) -> CallFault | None:
        """Decide about one call: the first fault that hits, or None."""
        hit = None
        with self._lock:
            for index, fault in enumerate(self._calls):
                if not fault.concerns(service, operation, function):
                    continue
                self._matches[index] += 1
                strikes = fault.nth in (None, self._matches[index]) and self._draw(
                    fault.probability
                )
                if strikes and hit is None:
                    hit = fault
        return hit

    def plan_delivery(self, event: dict[str, Any]) -> list[tuple[float, dict[str, Any]]]:
        """Decide about one event: its copies, each with its delay in seconds."""
        with self._lock:
            for fault in self._events:
                if fault.concerns(event) and self._draw(fault.probability):
                    copies = [
                        (fault.delay_s + self._late(fault), event)
                        for _ in range(fault.duplicates + 1)
                    ]
                    break
            else:
                return [(0.0, event)]
        if self._trace is not None:
            delays = [delay for delay, _ in copies]
            self._trace.add("state", what="event-fault", event_id=event.get("id"), delays=delays)
        return copies

    def _late(self, fault: EventFault) -> float:
        if not fault.delays:
            return self._rng.uniform(0, fault.shuffle_s)
        number = self._copies[fault] = self._copies.get(fault, -1) + 1
        return fault.delays[number % len(fault.delays)]

    def _draw(self, probability: float | None) -> bool:
        return probability is None or self._rng.random() < probability
