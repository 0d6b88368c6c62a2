"""Parallel for the account's clock, one after another for the process: the same seed, the same run.

In virtual time a handler's thread pool is replaced by this one. Its calls run in the order in which
they were handed over, each on a clock of its own that starts when a worker is free; whoever waits for
them goes on when the last one is done. Who sleeps lets the account's time pass, not ours.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import heapq
import os
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from sandbox.gateway.timeline import Timeline


@contextlib.contextmanager
def taking_turns(timeline: Timeline) -> Iterator[None]:
    """Hand out such thread pools, and such sleep; real ones in real time."""
    if timeline.real:
        yield
        return

    class Pool(TakingTurns):
        def __init__(self, max_workers: int | None = None, *_: Any, **__: Any) -> None:
            super().__init__(timeline, max_workers)

    with (
        patch.object(concurrent.futures, "ThreadPoolExecutor", Pool),
        patch.object(time, "sleep", timeline.spend),
        patch.object(time, "monotonic", timeline.now),
    ):
        yield


class _Turn[T](concurrent.futures.Future[T]):
    """A call that has been made, and is over when its own clock says so: whoever asks waits until then."""

    def __init__(self, timeline: Timeline) -> None:
        """``ended`` is told when the call is over."""
        super().__init__()
        self._timeline = timeline
        self.ended = 0.0

    def result(self, timeout: float | None = None) -> T:
        """The result, or ``TimeoutError`` when the time is over before the call is."""
        self._wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The error, or ``TimeoutError`` when the time is over before the call is."""
        self._wait(timeout)
        return super().exception(0)

    def _wait(self, timeout: float | None) -> None:
        left = self.ended - self._timeline.lead
        if left <= 0:
            return
        if timeout is not None and timeout < left:
            self._timeline.lead += max(timeout, 0)
            raise TimeoutError
        self._timeline.lead = self.ended


class TakingTurns(concurrent.futures.Executor):
    """A thread pool without threads."""

    def __init__(self, timeline: Timeline, max_workers: int | None = None) -> None:
        """Every worker is free from now on."""
        self._timeline = timeline
        self._ended = timeline.lead
        # Python's own default for threads that wait for input and output.
        self._free_at = [timeline.lead] * (max_workers or min(32, (os.cpu_count() or 1) + 4))

    def submit[**P, T](
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        """Run the call at once, on the clock of the worker that is free first."""
        future: _Turn[T] = _Turn(self._timeline)
        handed_over = self._timeline.lead
        self._timeline.lead = max(heapq.heappop(self._free_at), handed_over)
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  whoever asks for the result gets it, as from a thread
            future.set_exception(error)
        finally:
            future.ended = self._timeline.lead
            heapq.heappush(self._free_at, future.ended)
            self._ended = max(self._ended, future.ended)
            self._timeline.lead = handed_over
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        """Wait for the last call."""
        if wait:
            self._timeline.lead = max(self._ended, self._timeline.lead)
