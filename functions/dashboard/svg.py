"""Small pictures, as inline SVG: CloudWatch allows no scripts and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from ecsops.markup import Html, element

_BAR_WIDTH, _BAR_HEIGHT = 56, 8
_SPARK_HEIGHT, _STEP = 16, 4


def bar(part: float, whole: float, kind: str) -> Html:
    """How much of the whole is there; ``kind`` is a CSS class that colours it."""
    filled = _BAR_WIDTH * min(1.0, part / whole) if whole > 0 else 0.0
    return _svg(
        (_BAR_WIDTH, _BAR_HEIGHT),
        _rect("eo-track", 0, 0, _BAR_WIDTH, _BAR_HEIGHT),
        _rect(kind, 0, 0, filled, _BAR_HEIGHT) if filled else "",
    )


def sparkline(series: Sequence[tuple[str, Sequence[float]]]) -> Html:
    """Stacked columns over time; every series is a CSS class and as many numbers as the others."""
    length = max((len(values) for _, values in series), default=0)
    totals = [sum(values[at] for _, values in series) for at in range(length)]
    highest = max(totals, default=0) or 1
    columns: list[Html] = []
    for at in range(length):
        below = 0.0
        for kind, values in series:
            height = values[at] / highest * _SPARK_HEIGHT
            if height:
                top = _SPARK_HEIGHT - below - height
                columns.append(_rect(kind, at * _STEP, top, _STEP - 1, height))
            below += height
    ground = _rect("eo-track", 0, _SPARK_HEIGHT, length * _STEP, 1)
    return _svg((length * _STEP, _SPARK_HEIGHT + 1), *columns, ground)


def _svg(size: tuple[int, int], *shapes: object) -> Html:
    width, height = size
    return element(
        "svg",
        *shapes,
        class_="eo-svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        aria_hidden="true",
    )


def _rect(kind: str, left: float, top: float, width: float, height: float) -> Html:
    place = {"x": left, "y": top, "width": width, "height": height}
    return element("rect", class_=kind, **{name: f"{value:g}" for name, value in place.items()})
