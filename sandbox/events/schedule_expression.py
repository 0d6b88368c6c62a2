"""Schedule expressions, with the error that the API answers with. They are read by the kernel's reader."""

from __future__ import annotations

import datetime as dt

from ecsops import schedule_expression
from ecsops.errors import InvalidSetting
from ecsops.schedule_expression import Next
from sandbox.errors import ApiError

__all__ = ["Next", "parse"]


def parse(
    expression: str, *, start: float, zone: dt.tzinfo = dt.UTC, at_start: bool = False
) -> Next:
    """Give a function that tells the first time after a given one, or None when there is none."""
    try:
        return schedule_expression.parse(expression, start=start, zone=zone, at_start=at_start)
    except InvalidSetting as error:
        message = f"Parameter ScheduleExpression is not valid: {expression}"
        raise ApiError("ValidationException", message) from error
