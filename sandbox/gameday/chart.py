"""Charts over time as inline SVG: columns or a line, an axis, and a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 960, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 10, 24
_TICKS = 6
_STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400)

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Series:
    """``kind`` is the class of its line: its colour."""

    kind: str
    points: Points
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. ``limit`` is drawn across, and named."""

    title: str
    duration_s: float
    series: Sequence[Series]
    limit: tuple[str, float] | None = None

    @property
    def top(self) -> float:
        """The upper end of the scale: a round number above everything."""
        values = [value for each in self.series for _, value in each.points]
        most = max([*values, self.limit[1] if self.limit else 0.0, 1.0])
        size = 10.0 ** math.floor(math.log10(most))
        return next(step * size for step in (1, 2, 2.5, 5, 10) if step * size >= most)


def svg(chart: Chart) -> str:
    """The picture."""
    inner = "".join(
        [_scale(chart), _time(chart), *(_line(chart, each) for each in chart.series), _limit(chart)]
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{escape(chart.title)}</title>'
        f"{inner}</svg>"
    )


def _x(chart: Chart, at: float) -> float:
    share = min(1.0, max(0.0, at / chart.duration_s)) if chart.duration_s else 0.0
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(chart: Chart, value: float) -> float:
    return _HEIGHT - _BOTTOM - value / chart.top * (_HEIGHT - _TOP - _BOTTOM)


def _scale(chart: Chart) -> str:
    marks = []
    for part in (0.0, 0.5, 1.0):
        value = part * chart.top
        y = _y(chart, value)
        marks.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    return "".join(marks)


def _time(chart: Chart) -> str:
    step = next((s for s in _STEPS_S if chart.duration_s / s <= _TICKS), _STEPS_S[-1])
    while chart.duration_s / step > _TICKS:
        step *= 2
    marks = []
    for number in range(int(chart.duration_s // step) + 1):
        at = number * step
        x = _x(chart, at)
        anchor = "start" if number == 0 else "middle" if x < _WIDTH - 40 else "end"
        marks.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{_clock(at)}</text>'
        )
    return "".join(marks)


def _line(chart: Chart, series: Series) -> str:
    path: list[str] = []
    for number, (at, value) in enumerate(series.points):
        x, y = _x(chart, at), _y(chart, value)
        if number and series.steps:
            path.append(f"H{x:.1f}")
        path.append(f"{'L' if number else 'M'}{x:.1f} {y:.1f}")
    return f'<path class="{series.kind}" d="{"".join(path)}"/>' if path else ""


def _limit(chart: Chart) -> str:
    if chart.limit is None:
        return ""
    name, value = chart.limit
    y = _y(chart, value)
    return (
        f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="limit" x="{_WIDTH - _RIGHT}" y="{y - 4:.1f}" text-anchor="end">'
        f"{escape(name)}</text>"
    )


def _clock(at: float) -> str:
    minutes = round(at / 60)
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes >= 60 else f"{minutes} min"
