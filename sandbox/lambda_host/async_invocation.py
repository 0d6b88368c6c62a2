"""Asynchronous invocation: retries, age limit, destinations, dead-letter queue.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import UnsupportedOperation

if TYPE_CHECKING:
    from sandbox.lambda_host.dispatch import Dispatch
    from sandbox.lambda_host.function import AsyncPolicy, DeployedFunction
    from sandbox.lambda_host.invocation import Invocation

# "one minute between the first two attempts, and two minutes between the second and third attempts"
RETRY_AFTER_S = (60, 120)
# "for throttling errors and system errors ... retries for up to 6 hours, from 1 second ... to 5 minutes"
FIRST_THROTTLE_BACKOFF_S = 1
LONGEST_THROTTLE_BACKOFF_S = 300


@dataclass(slots=True)
class _Waiting:
    function: DeployedFunction
    policy: AsyncPolicy
    payload: Any
    queued: float
    failures: int = 0
    throttles: int = 0


class AsyncInvocations:
    """Lambda's internal queue of events."""

    def __init__(
        self,
        dispatch: Dispatch,
    ) -> None:
        """Start with nothing queued."""
        self._in = dispatch
        self._clock = dispatch.clock
        self.waiting = 0

    def add(self, function: DeployedFunction, policy: AsyncPolicy, payload: Any) -> None:
        """Queue an event; it runs as soon as the agenda gets to it."""
        waiting = _Waiting(function, policy, payload, self._clock.now())
        self._later(0, waiting)

    def _later(self, delay: float, waiting: _Waiting) -> None:
        self.waiting += 1
        self._clock.call_later(
            delay,
            lambda: self._in.start(lambda: self._attempt(waiting)),
            label=f"invoke {waiting.function.name}",
        )

    def _attempt(self, waiting: _Waiting) -> None:
        self.waiting -= 1
        invocation = self._in.invoke(waiting.function.name, waiting.payload)
        if invocation.throttled:
            self._throttled(waiting, invocation)
        elif invocation.error:
            self._failed(waiting, invocation)
        elif waiting.policy.on_success:
            self._send(waiting.policy.on_success, self._record(waiting, invocation, "Success"))

    def _throttled(self, waiting: _Waiting, invocation: Invocation) -> None:
        wait = min(FIRST_THROTTLE_BACKOFF_S * 2**waiting.throttles, LONGEST_THROTTLE_BACKOFF_S)
        waiting.throttles += 1
        if self._too_old(waiting, wait):
            self._give_up(waiting, invocation, "EventAgeExceeded")
        else:
            self._later(wait, waiting)

    def _failed(self, waiting: _Waiting, invocation: Invocation) -> None:
        waiting.failures += 1
        if waiting.failures > waiting.policy.maximum_attempts:
            self._give_up(waiting, invocation, "RetriesExhausted")
            return
        wait = RETRY_AFTER_S[waiting.failures - 1]
        if self._too_old(waiting, wait):
            self._give_up(waiting, invocation, "EventAgeExceeded")
        else:
            self._later(wait, waiting)

    def _too_old(self, waiting: _Waiting, wait: float) -> bool:
        return self._clock.now() + wait - waiting.queued > waiting.policy.maximum_age_s

    def _give_up(self, waiting: _Waiting, invocation: Invocation, condition: str) -> None:
        policy = waiting.policy
        if policy.on_failure:
            self._send(policy.on_failure, self._record(waiting, invocation, condition))
        if policy.dead_letter:
            error = invocation.error or {}
            attributes = {
                "RequestID": invocation.request_id,
                "ErrorCode": "200",
                "ErrorMessage": str(error.get("errorMessage", ""))[:1024],
            }
            self._send(policy.dead_letter, waiting.payload, attributes)
        self._in.trace.add(
            "dead_letter",
            cause="async-invocation",
            function=waiting.function.name,
            condition=condition,
            queue=policy.dead_letter or policy.on_failure,
            lost=not (policy.dead_letter or policy.on_failure),
        )

    def _send(self, arn: str, body: Any, attributes: dict[str, str] | None = None) -> None:
        if not arn.startswith("arn:aws:sqs:"):
            raise UnsupportedOperation(f"the sandbox does not send failed events to {arn}")
        self._in.queues.send(arn, json.dumps(body), attributes)

    def _record(self, waiting: _Waiting, invocation: Invocation, condition: str) -> dict[str, Any]:
        """The invocation record that destinations receive (invocation-async-retain-records)."""
        now = dt.datetime.fromtimestamp(self._clock.now(), dt.UTC)
        status: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
        if invocation.error:
            status["functionError"] = "Unhandled"
        return {
            "version": "1.0",
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": f"{waiting.function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": waiting.failures or 1,
            },
            "requestPayload": waiting.payload,
            "responseContext": status,
            "responsePayload": invocation.error or invocation.result,
        }
