"""One switch stops everything that the guard would do, at once and for all services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger
from ecsops.parallel import within

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_REMEMBER_S = 30
# An alert has ten seconds, and waits for the decision.
_BUDGET_S = 3.0


@dataclass(slots=True)
class KillSwitch:
    """An SSM parameter, ``on`` or ``off``; read again after half a minute at the latest."""

    client: Callable[[], SSMClient]
    parameter: str
    _seen: tuple[float, str] | None = None

    def position(self, now: float) -> str | None:
        """``on``, ``off``, or None if that cannot be read: then nothing may be done."""
        if self._seen is None or not 0 <= now - self._seen[0] < _REMEMBER_S:
            try:
                text = within("GetParameter", _BUDGET_S, self._text)
            except CALL_ERRORS as error:
                logger.error("kill switch not read", parameter=self.parameter, reason=str(error))
                return None
            self._seen = now, text.strip().lower()
        word = self._seen[1]
        if word in ("on", "off"):
            return word
        logger.error("kill switch not understood", parameter=self.parameter, value=word)
        return None

    def _text(self) -> str:
        ssm = self.client()
        return ssm.get_parameter(Name=self.parameter)["Parameter"].get("Value", "")
