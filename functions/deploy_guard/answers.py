"""What ECS answers to reads, and the errors by which a reader knows that it is blind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import CallFailed

_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
# A controller without service deployments, or an account that may not have them.
_NO_HISTORY = frozenset({"UnsupportedFeatureException"})


class Denied(CallFailed):
    """IAM does not let us read it."""


class NoHistory(CallFailed):
    """There are no service deployments to be had."""


def called(operation: str, perform: Callable[[], Any]) -> Any:
    """The answer; raises ``Denied``, ``NoHistory`` or ``CallFailed``."""
    try:
        return perform()
    except ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code in _DENIED:
            raise Denied(operation, code, text) from error
        if code in _NO_HISTORY:
            raise NoHistory(operation, code, text) from error
        raise CallFailed(operation, code, text) from error
    except BotoCoreError as error:
        raise CallFailed(operation, type(error).__name__, str(error)) from error
