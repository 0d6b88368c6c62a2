"""One read: paced, and what fails has a name, so that the rest of the audit can go on without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from audit.collect.pace import Pace
from audit.model.resource import Resource
from ecsops.parallel import run_all

type Document = dict[str, Any]

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
)
# How the services name throttling.
_TOO_FAST = ("Throttl", "TooManyRequests", "RequestLimitExceeded")
_SERVER_ERROR = 500


class Unread(Exception):
    """A read failed after all tries."""

    def __init__(self, action: str, code: str, *, passing: bool = False) -> None:
        """Say which, and with what code; ``passing``: another time it may well succeed."""
        super().__init__(f"{action} was denied" if code in _DENIED else f"{action}: {code}")
        self.action = action
        self.code = code
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Found:
    """Resources of one kind, and why others may be missing."""

    kind: type[Resource]
    documents: tuple[Document, ...] = ()
    failure: Unread | None = None

    @property
    def unread(self) -> str:
        """Why, for people."""
        return str(self.failure or "")


class Reads:
    """Makes the calls, and counts them."""

    def __init__(self, pace: Pace) -> None:
        """No call was made yet."""
        self._pace = pace
        self._lock = threading.Lock()
        self.calls = 0

    def one(self, action: str, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """The answer of a call; raises ``Unread``."""
        self._pace.wait(action)
        with self._lock:
            self.calls += 1
        try:
            return call()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            passing = status >= _SERVER_ERROR or any(word in code for word in _TOO_FAST)
            raise Unread(action, code, passing=passing) from error
        except (HTTPClientError, NotConnected) as error:
            raise Unread(action, type(error).__name__, passing=True) from error

    def pages(self, action: str, pages: Iterable[Mapping[str, Any]], key: str) -> list[Any]:
        """What stands under ``key`` of every page; raises ``Unread``."""
        found: list[Any] = []
        waiting = iter(pages)
        while page := self.one(action, lambda: next(waiting, {})):
            found += page.get(key, ())
            if not _more(page):
                break
        return found


def _more(page: Mapping[str, Any]) -> bool:
    # One name of the token for each service; without it this was the last page.
    return any(page.get(name) for name in ("nextToken", "NextToken", "NextMarker", "Marker"))


def found(kind: type[Resource], read: Callable[[], Iterable[Document]]) -> Found:
    """What was read, or why nothing was."""
    try:
        return Found(kind, tuple(read()))
    except Unread as unread:
        return Found(kind, (), unread)


def each(kind: type[Resource], calls: Sequence[Callable[[], Iterable[Document]]]) -> Found:
    """What reads side by side brought; one that fails hides nothing of the others."""
    documents: list[Document] = []
    failure: Unread | None = None
    for answer in run_all(calls):
        if isinstance(answer, Unread):
            # What another try may bring is told before what it cannot.
            failure = failure if failure is not None and failure.passing else answer
        elif isinstance(answer, Exception):
            raise answer
        else:
            documents += answer
    return Found(kind, tuple(documents), failure)
