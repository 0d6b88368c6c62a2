"""A state machine for each job: ecs:runTask.sync with the Retry of the Step Functions guides.

States.ALL, 5 s doubling up to 5 min with full jitter, 10 tries where the guides show 3: a task that was
refused, throttled, interrupted or ended with another code than 0 is started again, as the service sees it
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from sandbox.account import ACCOUNT, Account
from sandbox.caller import Caller
from sandbox.errors import ApiError

INTERVAL_S, RATE, LONGEST_S, TRIES = 5.0, 2.0, 300.0, 10


class StepFunctions:
    """Executions that all began at the same time."""

    def __init__(self, account: Account, rng: random.Random) -> None:
        """``rng`` jitters the waits."""
        self._account = account
        self._rng = rng
        self._waiting: dict[str, tuple[dict[str, Any], int]] = {}

    def start(self, request: dict[str, Any], when: float) -> None:
        """An execution."""
        self._account.clock.call_at(when, partial(self._run, request, 1))

    def see(self, entry: Any) -> None:
        """The end of a task; its state fails unless the essential container ended with 0."""
        if entry.kind != "event" or entry["event"]["detail-type"] != "ECS Task State Change":
            return
        task = entry["event"]["detail"]
        if task["lastStatus"] != "STOPPED" or task["taskArn"] not in self._waiting:
            return
        request, tried = self._waiting.pop(task["taskArn"])
        if [each.get("exitCode") for each in task["containers"]] != [0]:
            self._again(request, tried)

    def _run(self, request: dict[str, Any], tried: int) -> None:
        account, scope = self._account, (ACCOUNT, self._account.region)
        throttles = account.gateway.throttles
        now = account.clock.now()
        if throttles and not throttles.admit(scope, ("ecs", "RunTask"), request, now):
            self._again(request, tried)
            return
        try:
            answer = account.ecs.call("RunTask", request, Caller("states", *scope))
        except ApiError:
            self._again(request, tried)
            return
        if answer["failures"]:
            self._again(request, tried)
            return
        self._waiting[answer["tasks"][0]["taskArn"]] = (request, tried)

    def _again(self, request: dict[str, Any], tried: int) -> None:
        if tried > TRIES:
            return
        longest = min(INTERVAL_S * RATE ** (tried - 1), LONGEST_S)
        wait = self._rng.uniform(0, longest)
        self._account.clock.call_later(wait, partial(self._run, request, tried + 1))
