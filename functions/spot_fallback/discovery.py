"""Which services there are: asked seldom, because tags change seldom and the tagging API is slow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ecsops.errors import CallFailed
from ecsops.observability import count, logger
from spot_fallback.aws import Found

KEEP_S = 120.0


@dataclass(slots=True)
class Discovery:
    """What was found last. Lives as long as the function's process."""

    find: Callable[[], Found]
    _found: Found = field(default_factory=lambda: Found((), ()))
    _at: float = -math.inf

    def services(self, now: float) -> Found:
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
