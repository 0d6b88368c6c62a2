"""How many servers keep the wait short: Erlang's C formula."""

from __future__ import annotations

import math

# The share of messages that may wait longer than the SLO when arrivals are random but steady.
_LATE = 0.01
# Beyond this the square-root rule is within a server of the formula, which takes as many steps.
_EXACT_UP_TO = 400.0
# P(wait) = 1 % where nobody may wait at all: 2.33 standard deviations of a Poisson's.
_DEVIATIONS = 2.33


def slots_for(offered: float, service_s: float, slo_s: float) -> int:
    """The smallest number of slots with which at most one message in a hundred waits longer.

    ``offered`` is in Erlangs: arrivals a second times seconds of work each.
    """
    if offered <= 0:
        return 0
    slots = math.floor(offered) + 1
    if offered > _EXACT_UP_TO:
        # With so many servers work that is shorter than the SLO hardly waits at all.
        spread = _DEVIATIONS * math.sqrt(offered) if service_s > slo_s else 0.0
        return slots + math.ceil(spread)
    blocked = _erlang_b(slots, offered)
    while _late(slots, offered, blocked, slo_s / service_s) > _LATE:
        slots += 1
        blocked = offered * blocked / (slots + offered * blocked)
    return slots


def _erlang_b(slots: int, offered: float) -> float:
    blocked = 1.0
    for number in range(1, slots + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked


def _late(slots: int, offered: float, blocked: float, slo_in_service_times: float) -> float:
    """P(wait > SLO): Erlang C from Erlang B, times the tail of an exponential wait."""
    waits = blocked / (1 - offered / slots * (1 - blocked))
    return waits * math.exp(-(slots - offered) * slo_in_service_times)
