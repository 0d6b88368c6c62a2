"""Which services there are: asked seldom, because tags change seldom and the tagging API is slow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ecsops.errors import CallFailed
from ecsops.observability import count, logger

KEEP_S = 300.0


@dataclass(slots=True)
class Discovery:
    """The ARNs of the services with a queue. Lives as long as the function's process."""

    find: Callable[[], list[str]]
    _found: list[str] = field(default_factory=list)
    _at: float = -math.inf

    def services(self, now: float) -> list[str]:
        """What was found in the last minutes; should asking fail, what was found before."""
        if now - self._at < KEEP_S:
            return self._found
        try:
            self._found = self.find()
        except CallFailed as error:
            if self._at == -math.inf:
                raise
            count("DiscoveryFailures")
            logger.warning("services not discovered: those known go on", reason=str(error))
        self._at = now
        return self._found
