"""How long a lifecycle hook may hold an instance, and when the instance is looked at again."""

from __future__ import annotations

from spot_drain.watching import Watched

# Tasks that do not stop by themselves hold an instance so long; then its hook is left to its time-out.
MAX_HOLD_S = 7_200
# The other limit than ``LONGEST_WAIT_S``.
_LONGEST_WAIT_TIMEOUTS = 100
# A person is told before the wait ends, not after.
_TOLD_BEFORE_S = 60
_AGAIN_S, _OFTEN_S, _SELDOM_S = 10, 15, 60
_OFTEN_FOR_S = 300
# Once a person has been told: to see whether it is over, or whether the toolkit may act now.
TOLD_EVERY_S = 300


def gives_up_at(began_at: float, timeout_s: int) -> float:
    """When a hook with this heartbeat timeout is held no longer."""
    return began_at + min(MAX_HOLD_S, _LONGEST_WAIT_TIMEOUTS * timeout_s - _TOLD_BEFORE_S)


def beats_at(now: float, timeout_s: int) -> float:
    """When the next heartbeat is due: twice within the timeout."""
    return now + timeout_s // 2


def next_at(each: Watched, now: float, *, failed: bool) -> float:
    """When to look again at an instance that is held."""
    hook = each.hook
    if hook and hook.told:
        return now + TOLD_EVERY_S
    if failed:
        return now + _AGAIN_S
    step = _OFTEN_S if now - each.began_at < _OFTEN_FOR_S else _SELDOM_S
    # A heartbeat that is late is an instance that is gone.
    return min(now + step, hook.beat_at) if hook else now + step
