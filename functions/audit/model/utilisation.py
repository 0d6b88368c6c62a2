"""What was measured of a service, in percent of what its tasks reserve."""

from __future__ import annotations

import math
from collections.abc import Sequence

from audit.model.resource import Resource

LOOKBACK_S = 14 * 86400
_DAY_H = 24
_ENOUGH_H, _MUCH_H = _DAY_H, 7 * _DAY_H


class Utilisation(Resource):
    """The collector's own: ``ServiceArn``, ``Hours`` with data, and the figures.

    ``HoursOfNewest`` is how many of them belong to the newest deployment: the percentages of the
    others may be of another size.
    """

    kind = "utilisation"
    named_by = ("ServiceArn",)

    @property
    def hours(self) -> int:
        """Hours with data; less than a day says nothing about a day."""
        return self["Hours"].whole() or 0

    @property
    def enough(self) -> bool:
        """Was a whole day measured, as Compute Optimizer asks for?"""
        return self.hours >= _ENOUGH_H

    @property
    def confidence(self) -> str:
        """How far to trust a size that is derived from it."""
        if self.hours < _MUCH_H:
            return "low confidence"
        newest = self["HoursOfNewest"].whole()
        if newest is not None and newest < _MUCH_H:
            return "low confidence: most of it was measured before the newest deployment"
        return "high confidence"


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
