"""Which services there are: asked seldom, because tags change seldom and the tagging API is slow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ecsops.errors import CallFailed
from ecsops.observability import count, logger


@dataclass(slots=True)
class Discovery[T]:
    """What was found last, for ``keep_s``. Lives as long as the function's process."""

    find: Callable[[], T]
    keep_s: float = 300.0
    _found: list[T] = field(default_factory=list)
    _at: float = -math.inf

    def services(self, now: float) -> T:
        """What was found in the last minutes; should asking fail, what was found before."""
        if self._found and now - self._at < self.keep_s:
            return self._found[0]
        try:
            self._found = [self.find()]
        except CallFailed as error:
            if not self._found:
                raise
            count("DiscoveryFailures")
            logger.warning("services not discovered: those known go on", reason=str(error))
        self._at = now
        return self._found[0]
