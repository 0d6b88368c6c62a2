"""What the answer of a call means: an answer, a failure of which draining knows more, or a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import CallFailed, ClusterGone, HeldBack, TargetGroupGone, TargetRefused

_MEANING: dict[str, type[CallFailed]] = {
    "ClusterNotFoundException": ClusterGone,
    "TargetGroupNotFound": TargetGroupGone,
    "TargetGroupNotFoundException": TargetGroupGone,
    "InvalidTarget": TargetRefused,
    "InvalidTargetException": TargetRefused,
    "ValidationError": TargetRefused,
}

_TAGGED = "with an explicit deny in an identity-based policy"


def called(operation: str, perform: Callable[[], Any]) -> Any:
    """Its answer; raises ``CallFailed``, or what the failure means here."""
    try:
        return perform()
    except ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        # The only explicit deny in the role is about target groups that their owners tagged. A deny
        # by the organisation is worded otherwise ("... in a service control policy") and is a failure:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        if operation == "DeregisterTargets" and _TAGGED in text:
            raise HeldBack(operation, code, text) from error
        raise _MEANING.get(code, CallFailed)(operation, code, text) from error
    except BotoCoreError as error:
        raise CallFailed(operation, type(error).__name__, str(error)) from error


def pages(list_page: Callable[..., Any], operation: str, name: str, **asked: Any) -> list[str]:
    """What a listing names, on all its pages."""
    items: list[str] = []
    token: str | None = None
    while True:
        more = {"nextToken": token} if token else {}
        answer = called(operation, lambda more=more: list_page(**asked, **more))  # type: ignore[misc]
        items += answer[name]
        token = answer.get("nextToken")
        if not token:
            return items


def raised[T](answer: T | Exception) -> T:
    """The answer. Whatever is no failed AWS call is a fault of ours: it must not pass for an answer."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def only_failures(answer: Exception | None) -> CallFailed | None:
    """The failure, if the call was answered with one."""
    return answer if isinstance(answer, CallFailed) else raised(answer)
