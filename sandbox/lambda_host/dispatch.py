"""What everything that invokes functions on its own needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.events.queues import Queues
    from sandbox.lambda_host.invocation import Invocation
    from sandbox.trace import Trace

Work = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The surroundings of event source mappings and asynchronous invocations."""

    clock: Clock
    trace: Trace
    queues: Queues
    invoke: Callable[[str, Any], Invocation]
    start: Callable[[Work], None]  # runs a piece of work: at once in virtual time, else in a thread
