"""nextToken and maxResults."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.caller import Request
    from sandbox.ecs.model import Shape


def page[T](request: Request, name: str, items: Sequence[T], size: int) -> Shape:
    """Answer the page a request asks for; ``size`` unless it asks for fewer (100 at most)."""
    size = request.params.get("maxResults", size)
    if not 1 <= size <= 100:
        raise ApiError("InvalidParameterException", "maxResults must be between 1 and 100.")
    start = _start(request.params.get("nextToken"))
    answer: Shape = {name: list(items[start : start + size])}
    if start + size < len(items):
        answer["nextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError):
        raise ApiError("InvalidParameterException", "Invalid token.") from None
