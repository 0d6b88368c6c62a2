"""A timeline as inline SVG, drawn to scale: a second has the same width in every bar."""

from __future__ import annotations

from audit.report.timeline import Mark, Span, Timeline
from ecsops.markup import Html, element, escape, shorten

_WIDTH, _LABELS, _SECONDS, _ROW, _AXIS = 800, 190, 120, 22, 34
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_TICKS = 8
_LONGEST_LABEL = 28


def draw(timeline: Timeline) -> Html:
    """The picture, or the reason why there is none."""
    if timeline.unknown:
        return element("p", f"Not drawn: {timeline.unknown}.", class_="quiet")
    scale = (_WIDTH - _LABELS - _SECONDS) / max(timeline.end, 1)
    height = _AXIS + _ROW * len(timeline.spans) + 6
    limit = min((mark.at for mark in timeline.marks if mark.limit), default=None)
    rows = [
        part
        for row, span in enumerate(timeline.spans)
        for part in _bar(span, _AXIS + _ROW * row, scale, limit)
    ]
    return element(
        "svg",
        element("title", said(timeline)),
        *_axis(timeline.end, scale, height),
        *rows,
        *[part for mark in timeline.marks for part in _mark(mark, scale, height)],
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        aria_label=said(timeline),
        data_scale=f"{scale:.6f}",
    )


def said(timeline: Timeline) -> str:
    """The picture in words."""
    spans = [f"{span.label} from {span.start} s to {span.end} s" for span in timeline.spans]
    marks = [f"{mark.label} at {mark.at} s" for mark in timeline.marks]
    return f"{timeline.title}: {'; '.join((*spans, *marks))}"


def _x(seconds: float, scale: float) -> float:
    return _LABELS + seconds * scale


def _bar(span: Span, top: int, scale: float, limit: int | None) -> list[Html]:
    late = limit is not None and span.end > limit
    bar = element(
        "rect",
        x=f"{_x(span.start, scale):.2f}",
        y=top + 4,
        width=f"{max((span.end - span.start) * scale, 1):.2f}",
        height=_ROW - 8,
        class_=f"{span.kind} late" if late else span.kind,
        data_seconds=span.end - span.start,
    )
    label = _text(shorten(span.label, _LONGEST_LABEL), _LABELS - 8, top + 16, "end")
    over = f", {span.end - limit} s too late" if late and limit is not None else ""
    seconds = f"{span.end - span.start} s{over}"
    return [bar, label, _text(seconds, _x(span.end, scale) + 4, top + 16, "start")]


def _mark(mark: Mark, scale: float, height: int) -> list[Html]:
    x = _x(mark.at, scale)
    kind = "limit" if mark.limit else "mark"
    line = element("line", x1=f"{x:.2f}", x2=f"{x:.2f}", y1=14, y2=height, class_=kind)
    right = x > _WIDTH * 0.7
    words = f"{mark.label} {mark.at} s"
    return [line, _text(words, x - 3 if right else x + 3, 10, "end" if right else "start")]


def _axis(end: int, scale: float, height: int) -> list[Html]:
    step = next((step for step in _STEPS if end / step <= _MOST_TICKS), end // _MOST_TICKS or 1)
    parts = []
    for second in range(0, end + 1, step):
        x = f"{_x(second, scale):.2f}"
        parts.append(element("line", x1=x, x2=x, y1=_AXIS - 6, y2=height, class_="tick"))
        parts.append(_text(f"{second} s", float(x), _AXIS - 10, "middle"))
    return parts


def _text(words: str, x: float, y: float, anchor: str) -> Html:
    return element("text", escape(words), x=f"{x:.2f}", y=f"{y:g}", text_anchor=anchor)
