"""Setting the capacity ourselves: out at once, in slowly.

out    to what is required, at once and in one step (also from zero)
in     to the most that was required in the window, and by half of the peak in each window at
       most: after a burst capacity fades instead of vanishing, because bursts come in rows
hold   a change of less than a tenth is not worth a task's start
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from queue_scaling.signal import Signal

_HALF_LIFE_WINDOWS = 1.0
_TOLERANCE = 0.1
_ROUNDING_ERROR = 1e-9


@dataclass(frozen=True, slots=True)
class Memory:
    """``recent`` are (time, required) of the window, ``held`` is the fading peak."""

    since: float
    at: float
    held: float
    recent: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The desired count from now on, and why."""

    count: int
    reason: str
    memory: Memory


def decide(
    signal: Signal,
    desired: int,
    memory: Memory | None,
    now: float,
    *,
    window_s: float,
    out_step: int | None = None,
) -> Decision:
    """Compare what is required with what is desired."""
    memory = remember(signal.required, memory, now, window_s)
    needed = signal.required
    if needed > desired:
        count = min(needed, desired + out_step) if out_step else needed
        reason = f"{needed} required"
        if count < needed:
            reason += f", {out_step} more at a time"
        return Decision(count, reason, memory)
    target = settled(memory)
    if target >= desired:
        why = "what is required" if needed == desired else f"{needed} required, peak still fading"
        return Decision(desired, why, memory)
    if now - memory.since < window_s:
        return Decision(desired, f"{needed} required, watched for less than a window", memory)
    if desired - target < max(1, math.ceil(desired * _TOLERANCE - _ROUNDING_ERROR)):
        return Decision(desired, f"{target} would do, too small a change", memory)
    return Decision(target, f"{target} were enough in the last {window_s:g} s", memory)


def remember(needed: int, memory: Memory | None, now: float, window_s: float) -> Memory:
    """Take a recommendation in; those that are older than the window go.

    So do those that a later one reaches: the most of the window is all that is asked for, and a day's
    window would else fill the table's item, which many services share.
    """
    if memory is None:
        return Memory(now, now, float(needed), ((now, needed),))
    kept = [(at, count) for at, count in memory.recent if at > now - window_s and count > needed]
    most = max([count for _, count in kept], default=0)
    gap = max(0.0, now - memory.at)
    faded = memory.held * 0.5 ** (gap / (_HALF_LIFE_WINDOWS * window_s))
    held = max(float(needed), float(most), faded)
    return Memory(memory.since, now, held, (*kept, (now, needed)))


def settled(memory: Memory) -> int:
    """Down to what capacity may fall now."""
    most = max([count for _, count in memory.recent], default=0)
    # Less than half a task is nobody: a fading peak must reach zero some day.
    return max(most, math.ceil(memory.held - 0.5 - _ROUNDING_ERROR))
