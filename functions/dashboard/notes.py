"""What could not be read becomes a note for the viewer: the rest is shown."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.observability import logger

_DENIED = ("AccessDenied", "UnauthorizedOperation")
_THROTTLED = ("Throttl", "RequestLimitExceeded", "TooManyRequests", "ProvisionedThroughputExceeded")


def answer_or_note[T](answer: T | Exception, what: str, notes: list[str], instead: T) -> T:
    """The answer, or a note and something in its stead where an AWS call failed."""
    if isinstance(answer, (ClientError, BotoCoreError)):
        notes.append(note(what, answer))
        return instead
    if isinstance(answer, Exception):
        raise answer
    return answer


def note(what: str, error: ClientError | BotoCoreError) -> str:
    """What is missing, why, and what to do about it."""
    operation, code = "the call", type(error).__name__
    if isinstance(error, ClientError):
        operation, code = error.operation_name, error.response["Error"].get("Code", code)
    logger.warning("not read", what=what, operation=operation, code=code, reason=str(error))
    return f"{what} could not be read ({operation}: {code}). {_advice(code)}"


def _advice(code: str) -> str:
    if code.startswith(_DENIED):
        return "The function's role does not allow it: deploy the stack again."
    if code.startswith(_THROTTLED):
        return "AWS is throttling this account: refresh in a few seconds."
    if code == "ClusterNotFoundException":
        return "There is no such cluster in this account and Region."
    return "Refresh; the function's log has the details."
