"""Calls side by side: as many round trips as the slowest one takes, not the sum."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from ecsops.errors import CallFailed

# One connection pool serves all threads (clients.py); more threads than connections would only queue.
_MAX_THREADS = 32


def run_all[T](calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run the calls in parallel; each answer or the exception it raised, in the order of the calls.

    One failing call never hides the answers of the others.
    """
    if len(calls) <= 1:
        return [_outcome(call) for call in calls]
    with ThreadPoolExecutor(min(len(calls), _MAX_THREADS)) as pool:
        return [future.result() for future in [pool.submit(_outcome, call) for call in calls]]


def run_within[T](calls: Sequence[tuple[Callable[[], T], float]]) -> list[T | Exception]:
    """Run the calls in parallel, each for at most so many seconds; ``TimeoutError`` for a late one.

    What is late is not waited for: the client's own time-outs end it.
    """
    if not calls:
        return []
    pool = ThreadPoolExecutor(len(calls))
    began = time.monotonic()
    running = [(pool.submit(_outcome, call), began + seconds) for call, seconds in calls]
    answers = [_outcome(partial(_by, future, deadline)) for future, deadline in running]
    pool.shutdown(wait=False, cancel_futures=True)
    return answers


def within[T](operation: str, seconds: float, call: Callable[[], T]) -> T:
    """The answer of one call; ``CallFailed`` if it takes longer: the client's own tries take 20 s."""
    (answer,) = run_within([(call, seconds)])
    if isinstance(answer, TimeoutError):
        raise CallFailed(operation, "Timeout", f"no answer within {seconds:g} s")
    return raised(answer)


def chunks[T](items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Cut into pieces of at most ``size``, for APIs that take so many at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def parcels[T](
    items: Sequence[T], size_of: Callable[[T], int], *, most: int, bytes_each: int
) -> list[list[T]]:
    """Cut, in order, for APIs that take so many and so much at a time.

    An item that is too large by itself gets a parcel of its own: the API will say so.
    """
    cut: list[list[T]] = []
    size = 0
    for item in items:
        length = size_of(item)
        if not cut or len(cut[-1]) == most or size + length > bytes_each:
            cut.append([])
            size = 0
        cut[-1].append(item)
        size += length
    return cut


def raised[T](answer: T | Exception) -> T:
    """The answer, or its error raised."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def _by[T](future: Future[T | Exception], deadline: float) -> T:
    return raised(future.result(timeout=max(deadline - time.monotonic(), 0)))


def _outcome[T](call: Callable[[], T]) -> T | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001  the caller decides, call by call, what an error means
        return error
