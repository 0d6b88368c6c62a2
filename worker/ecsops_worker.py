"""Keeps ECS from stopping a task in the middle of a message: task scale-in protection around work.

    import ecsops_worker

    protection = ecsops_worker.Protection()
    while message := receive():
        with protection.hold():
            process(message)

Protection is asked for before the first message, renewed for as long as messages are worked on, shared by
all threads of the task, and given back shortly after the last one. Nothing but the standard library; copy
the file or install it. Outside of ECS it does nothing, so that a worker also runs on a laptop.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

from __future__ import annotations

import http.client
import json
import logging
import math
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["NotProtected", "Protection"]

_PATH = "/task-protection/v1/state"
_LEAST_MINUTES, _MOST_MINUTES = 1, 2880
_TRIES, _PAUSE_S = 3, 0.2
# A renewal that failed is tried again after this part of the half that is left.
_SOON = 0.1

_log = logging.getLogger("ecsops_worker")


class NotProtected(Exception):
    """The task is not protected: it may be stopped at any moment. The text is ECS's reason."""


class Protection:
    """The protection of the task in which this runs."""

    def __init__(
        self,
        *,
        minutes: int = 10,
        linger_s: float = 5.0,
        required: bool = False,
        agent_uri: str | None = None,
        timeout_s: float = 2.0,
    ) -> None:
        """Describe it.

        Args:
            minutes: how long ECS protects the task unless asked again: how long a task that hangs or
                died without a word is in the way of a scale-in or a deployment. Asked again at half-time.
            linger_s: how long it is kept after the last message. The next message then needs no call.
            required: raise ``NotProtected`` instead of working unprotected with a warning.
            agent_uri: where the ECS agent listens; $ECS_AGENT_URI unless given.
            timeout_s: how long to wait for the agent's answer.
        """
        if not _LEAST_MINUTES <= minutes <= _MOST_MINUTES:
            raise ValueError(f"minutes={minutes}: expected {_LEAST_MINUTES} to {_MOST_MINUTES}")
        self._minutes = minutes
        self._renew_s = minutes * 60 / 2
        self._linger_s = linger_s
        self._required = required
        self._agent_uri = os.environ.get("ECS_AGENT_URI", "") if agent_uri is None else agent_uri
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._holders = 0
        self._asked_at: float | None = None  # None: not protected
        self._timer: threading.Timer | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Protect the task while the block runs; blocks may overlap."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _begin(self) -> None:
        # Under the lock: who comes second must not begin to work before the task is protected.
        with self._lock:
            self._holders += 1
            try:
                if self._asked_at is None or time.monotonic() - self._asked_at >= self._renew_s:
                    self._ask()
            except NotProtected:
                if self._required:
                    self._holders -= 1
                    raise
                _log.warning("working unprotected", exc_info=True)
            self._arm(self._until_renewal())

    def _end(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                self._arm(self._linger_s)
                if self._linger_s <= 0:
                    self._settle()

    def _wake(self) -> None:
        with self._lock:
            self._settle()

    def _settle(self) -> None:
        """Renew for those who work; give back when nobody does."""
        try:
            if self._holders:
                self._ask()
            elif self._asked_at is not None:
                self._asked_at = None
                self._put({"ProtectionEnabled": False})
        except NotProtected:
            # A renewal has until the other half is over; what is not given back ends by itself.
            _log.warning("protection not changed", exc_info=True)
        if self._holders:
            self._arm(self._until_renewal())

    def _until_renewal(self) -> float:
        """Counted from when ECS was asked, not from the message that begins now; soon if that failed."""
        asked = -math.inf if self._asked_at is None else self._asked_at
        return max(asked + self._renew_s - time.monotonic(), self._renew_s * _SOON)

    def _ask(self) -> None:
        self._put({"ProtectionEnabled": True, "ExpiresInMinutes": self._minutes})
        self._asked_at = time.monotonic()

    def _arm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._agent_uri and seconds > 0:
            self._timer = threading.Timer(seconds, self._wake)
            self._timer.daemon = True
            self._timer.start()

    def _put(self, state: dict[str, Any]) -> None:
        if not self._agent_uri:
            _log.debug("not on ECS: nothing to protect")
            return
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_PAUSE_S * attempt)
            try:
                answer = self._call(state)
            except (OSError, ValueError, http.client.HTTPException) as error:
                problem = str(error)
                continue
            if "protection" in answer:
                return
            refusal = answer.get("failure") or answer.get("error") or {}
            raise NotProtected(str(refusal.get("Reason") or refusal.get("Code") or answer))
        raise NotProtected(f"the ECS agent does not answer: {problem}")

    def _call(self, state: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the agent's own address, from ECS
            self._agent_uri + _PATH,
            data=json.dumps(state).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310
                body = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
        found = json.loads(body)
        if not isinstance(found, dict):
            raise ValueError(f"unexpected answer: {body[:200]!r}")  # noqa: TRY004 - asked again
        return found
