"""Queues and the workers that poll them, message by message.

Nothing is scheduled ahead: ``advance`` catches up with the account's time whenever somebody looks.
Workers poll all the time (long polling), take one message for each free slot, and delete it when it is
done. A worker that is told to stop takes no more; what it has not finished when it is killed becomes
visible again after the visibility timeout.
"""

from __future__ import annotations

import heapq
import random
from array import array
from dataclasses import dataclass, field

from sandbox.queue_load.load import Load
from sandbox.queue_load.ordering import Ordering, Standard

_NEVER = float("inf")


@dataclass(slots=True, eq=False)
class Worker:
    """A running task: ``slots`` messages at a time."""

    name: str
    slots: int
    busy: int = 0
    stopping: bool = False
    busy_s: float = 0.0  # of all slots together, until ``counted``


@dataclass(slots=True)
class Counts:
    """What GetQueueAttributes would say, and what has passed through since the start."""

    visible: int
    in_flight: int
    sent: int
    deleted: int
    oldest_s: float


@dataclass(slots=True)
class Queue:
    """One queue: its load, and where each of its messages stands."""

    load: Load
    order: Ordering
    visibility_s: float
    started: array[float]
    next_arrival: int = 0
    in_flight: int = 0
    deleted: int = 0
    killed: int = 0
    # Messages that nobody finished, by the time at which they can be received again.
    returning: list[tuple[float, int]] = field(default_factory=list)


_Job = tuple[float, int, Worker, int, int]  # end, sequence, worker, queue, message


class Workers:
    """The workers of one service, and the queues that they poll. Times are seconds after the start."""

    def __init__(self, rng: random.Random) -> None:
        """``rng`` decides which of the idle workers takes a message."""
        self._rng = rng
        self.queues: list[Queue] = []
        self._free: list[Worker] = []
        self._jobs: list[_Job] = []
        self._sequence = 0
        self._now = 0.0

    def poll(self, load: Load, *, visibility_s: float, order: Ordering | None = None) -> Queue:
        """Let the workers poll one more queue."""
        started = array("d", [_NEVER]) * len(load.arrivals)
        ordering = Standard() if order is None else order
        queue = Queue(load, ordering, visibility_s, started)
        self.queues.append(queue)
        return queue

    def start(self, worker: Worker, now: float) -> None:
        """A task is running."""
        self.advance(now)
        self._free += [worker] * worker.slots
        self._hand_out(now)

    def stop(self, worker: Worker, now: float, grace_s: float) -> float:
        """A task has SIGTERM; answers when it will be gone: its work done, or killed."""
        self.advance(now)
        worker.stopping = True
        self._free = [each for each in self._free if each is not worker]
        ends = [job[0] for job in self._jobs if job[2] is worker]
        killed_at = now + grace_s
        if any(end > killed_at for end in ends):
            self._kill(worker, killed_at)
        return min(max(ends, default=now), killed_at)

    def advance(self, now: float) -> None:
        """Let everything happen up to ``now``."""
        while True:
            due, queue = self._next_message()
            end = self._jobs[0][0] if self._jobs else _NEVER
            if min(due, end) > now:
                break
            if due < end:
                self._arrive(queue, due)
            else:
                self._finish()
        self._now = max(self._now, now)

    def counts(self, number: int = 0) -> Counts:
        """How a queue stands."""
        queue = self.queues[number]
        visible = len(queue.order)
        return Counts(
            visible,
            queue.in_flight,
            queue.next_arrival,
            queue.deleted,
            self._oldest_s(queue),
        )

    def _next_message(self) -> tuple[float, int]:
        best, number = _NEVER, 0
        for at, queue in enumerate(self.queues):
            due = _NEVER
            if queue.next_arrival < len(queue.load.arrivals):
                due = queue.load.arrivals[queue.next_arrival]
            if queue.returning and queue.returning[0][0] < due:
                due = queue.returning[0][0]
            if due < best:
                best, number = due, at
        return best, number

    def _arrive(self, number: int, due: float) -> None:
        queue = self.queues[number]
        if queue.returning and queue.returning[0][0] == due:
            message = heapq.heappop(queue.returning)[1]
            queue.in_flight -= 1
            queue.order.finished(message)
        else:
            message = queue.next_arrival
            queue.next_arrival += 1
        queue.order.push(message)
        self._hand_out(due)

    def _hand_out(self, now: float) -> None:
        """Give messages to idle slots until there are no more of one or the other."""
        free, rng = self._free, self._rng
        while free:
            number, message = self._take()
            if message is None:
                return
            queue = self.queues[number]
            at = int(rng.random() * len(free))
            worker = free[at]
            free[at] = free[-1]
            free.pop()
            queue.started[message] = now
            queue.in_flight += 1
            worker.busy += 1
            self._sequence += 1
            end = now + queue.load.work[message]
            heapq.heappush(self._jobs, (end, self._sequence, worker, number, message))

    def _finish(self) -> None:
        end, _, worker, number, message = heapq.heappop(self._jobs)
        queue = self.queues[number]
        queue.in_flight -= 1
        queue.deleted += 1
        queue.order.finished(message)
        worker.busy -= 1
        worker.busy_s += end - queue.started[message]
        if not worker.stopping:
            self._free.append(worker)
        self._hand_out(end)

    def _kill(self, worker: Worker, killed_at: float) -> None:
        """What is not done in time is neither deleted nor given back: it stays in flight."""
        kept = []
        for job in self._jobs:
            end, _, owner, number, message = job
            if owner is not worker or end <= killed_at:
                kept.append(job)
                continue
            queue = self.queues[number]
            queue.killed += 1
            again = max(queue.started[message] + queue.visibility_s, killed_at)
            heapq.heappush(queue.returning, (again, message))
        heapq.heapify(kept)
        self._jobs = kept

    def _take(self) -> tuple[int, int | None]:
        """The next message of the queue whose oldest one has waited longest."""
        if len(self.queues) == 1:
            return 0, self.queues[0].order.pop()
        oldest = []
        for number, queue in enumerate(self.queues):
            first = queue.order.oldest()
            if first is not None:
                oldest.append((queue.load.arrivals[first], number))
        for _, number in sorted(oldest):
            message = self.queues[number].order.pop()
            if message is not None:
                return number, message
        return 0, None

    def _oldest_s(self, queue: Queue) -> float:
        first = queue.order.oldest()
        return self._now - queue.load.arrivals[first] if first is not None else 0.0
