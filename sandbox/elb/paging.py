"""Marker and PageSize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.caller import Request
    from sandbox.elb.model import Shape

_MOST = 400


def page[T](request: Request, name: str, items: Sequence[T]) -> Shape:
    """Answer the page a request asks for; 400 are the most."""
    size = request.params.get("PageSize", _MOST)
    if not 1 <= size <= _MOST:
        raise ApiError("ValidationError", f"PageSize must be between 1 and {_MOST}")
    marker = request.params.get("Marker") or "0"
    if not marker.isdecimal():
        raise ApiError("ValidationError", "Marker is not valid")
    start = int(marker)
    answer: Shape = {name: list(items[start : start + size])}
    if start + size < len(items):
        answer["NextMarker"] = str(start + size)
    return answer
