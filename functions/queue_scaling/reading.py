"""What was read of a queue at one moment, and of its service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """A queue. None stands for what its source cannot tell.

    ``visible`` waits for a worker, ``in_flight`` is with one, ``delayed`` comes later (``delay_s`` is
    the queue's own delay). ``arrival_rate`` is messages a second. ``parallel`` is how many messages
    can be worked on at a time at most: a stream's open shards.
    """

    at: float
    visible: float
    in_flight: float | None = None
    delayed: float = 0.0
    delay_s: float = 0.0
    arrival_rate: float | None = None
    oldest_s: float | None = None
    parallel: int | None = None
    visibility_s: float | None = None


@dataclass(frozen=True, slots=True)
class Tasks:
    """A service's tasks."""

    running: int
    desired: int
    pending: int = 0
    deploying: bool = False
