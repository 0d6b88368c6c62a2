"""Calls side by side: as many round trips as the slowest one takes, not the sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

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


def chunks[T](items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Cut into pieces of at most ``size``, for APIs that take so many at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _outcome[T](call: Callable[[], T]) -> T | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001  the caller decides, call by call, what an error means
        return error
