"""A source that gave no answer, and why."""

from __future__ import annotations

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ecsops.observability import logger


class Unavailable(msgspec.Struct, frozen=True, tag=True):
    """``what`` was to be known and is not; ``later`` if asking again may help."""

    what: str
    why: str
    later: bool = False

    def __str__(self) -> str:
        """``log lines unavailable: AccessDeniedException on logs:GetLogEvents``."""
        return f"{self.what} unavailable: {self.why}"


def unavailable(what: str, asked: str, error: Exception) -> Unavailable:
    """What an error means to a reader; ``asked`` is the call in IAM's words."""
    match error:
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "an error")
            denied = "AccessDenied" in code or "Unauthorized" in code
            return Unavailable(what, f"{code} on {asked}", later=not denied)
        case TimeoutError():
            return Unavailable(what, f"no answer in time on {asked}", later=True)
        case BotoCoreError():
            return Unavailable(what, f"{type(error).__name__} on {asked}", later=True)
    # A fault of ours must not keep the alert back either; it is not hidden.
    logger.error("enricher failed", what=what, exc_info=error)
    return Unavailable(what, f"{type(error).__name__} in the toolkit, see its log")
