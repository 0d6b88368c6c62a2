"""What RunTask's answer, or its error, means for the attempt that was to be launched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batch_jobs.causes import placement_cause
from batch_jobs.verdict import Kind, Lasting, Verdict

# Codes after which nobody knows whether the call took effect, or it certainly did not: the same token again.
_AGAIN = frozenset(
    {
        "ServerException",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "InternalFailure",
        "InternalError",
        "ConflictException",  # without the task that the token has started
        "ServiceUnavailable",
        "RequestTimeout",
    }
)
# The EC2 call inside RunTask was throttled: dagster-io/dagster#33439, reproio/wrapbox#32 and #43.
_DISGUISED = re.compile(
    r"Rate exceeded|Request limit exceeded|\(ErrorCode: Throttling\)|InternalError", re.IGNORECASE
)
_PROVISIONING = re.compile(r"PROVISIONING", re.IGNORECASE)
_WORST_FIRST = (Lasting.YES, Lasting.OTHER_OPTION, Lasting.SECOND_TIME, Lasting.NO)


@dataclass(frozen=True, slots=True)
class Launched:
    """A task was started, now or by an earlier call with the same token."""

    task_arn: str


@dataclass(frozen=True, slots=True)
class Again:
    """Unknown or throttled: the same call with the same token, later."""

    reason: str
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was started, for a reason: this attempt is over, another one has another token."""

    verdict: Verdict


Outcome = Launched | Again | Refused


def of_answer(answer: Mapping[str, Any]) -> Outcome:
    """From the answer of RunTask with count 1."""
    tasks: Sequence[Any] = answer.get("tasks") or ()
    if tasks:
        return Launched(str(tasks[0]["taskArn"]))
    failures: Sequence[Any] = answer.get("failures") or ()
    if not failures:
        # Seen in the field: neither a task nor a failure. The token tells what happened.
        return Again("RunTask answered with no task and no failure")
    # On EC2 one entry for each instance may come: what will not go away by itself wins.
    verdicts = [
        _verdict(str(each.get("reason") or ""), str(each.get("detail") or "")) for each in failures
    ]
    return Refused(min(verdicts, key=lambda verdict: _WORST_FIRST.index(verdict.lasting)))


def of_error(code: str, message: str, status: int, resource_ids: Sequence[str] = ()) -> Outcome:
    """From the error of RunTask."""
    if code == "ConflictException" and resource_ids:
        return Launched(resource_ids[0])
    throttled = _is_throttling(code, message)
    if throttled or code in _AGAIN or status >= 500:
        return Again(f"{code}: {message}", throttled)
    found = (
        placement_cause(message)
        if code in ("InvalidParameterException", "ClientException")
        else None
    )
    if found:
        return Refused(Verdict(Kind.NOT_STARTED, found.cause, message, code, lasting=found.lasting))
    return Refused(
        Verdict(Kind.NOT_STARTED, "refused", f"{code}: {message}", code, lasting=Lasting.YES)
    )


def _is_throttling(code: str, message: str) -> bool:
    """Also in disguise: the message tells, not the class."""
    if "Throttl" in code or code in ("RequestLimitExceeded", "TooManyRequestsException"):
        return True
    if code == "InvalidParameterException":
        return _DISGUISED.search(message) is not None
    return code == "ClientException" and _PROVISIONING.search(message) is not None


def _verdict(reason: str, detail: str) -> Verdict:
    found = placement_cause(reason)
    text = f"{reason} ({detail})" if detail else reason
    if found is None:
        return Verdict(Kind.NOT_STARTED, "unknown", text, unknown=True)
    return Verdict(Kind.NOT_STARTED, found.cause, text, lasting=found.lasting)
