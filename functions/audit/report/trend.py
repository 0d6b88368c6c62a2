"""A service's score over the last days: a line, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecsops.markup import NOTHING, Html, element, join

if TYPE_CHECKING:
    # It needs a library that an installed lint does not have.
    from audit.memory import Day

_WIDTH, _HEIGHT, _EDGE = 180, 30, 3


def trend(days: Sequence[Day]) -> Html:
    """Nothing before the second day."""
    known = [(day.day, day.points) for day in days if day.points is not None]
    if len(known) < 2:
        return NOTHING
    (first, before), (last, now) = known[0], known[-1]
    words = f"{before} on {first}, {now} on {last}"
    step = (_WIDTH - 2 * _EDGE) / (len(known) - 1)
    points = " ".join(
        f"{_EDGE + index * step:.1f},{_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * value / 100:.1f}"
        for index, (_, value) in enumerate(known)
    )
    line = element("polyline", points=points, class_="trend")
    picture = element(
        "svg",
        element("title", f"Score: {words}"),
        line,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        class_="trend",
        role="img",
        aria_label=f"Score: {words}",
    )
    return join((element("p", f"Trend: {words}", class_="quiet"), picture))
