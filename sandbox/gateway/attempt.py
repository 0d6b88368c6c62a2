"""A call on its way through the door: whose it is, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.caller import Caller
from sandbox.errors import ApiError
from sandbox.faults import CallFault, ConnectionFailed, Crashed, ResponseLost
from sandbox.gateway import answers
from sandbox.gateway.calls import ApiCall
from sandbox.gateway.iam.policy import PolicyDocument
from sandbox.gateway.throttling import throttled
from sandbox.gateway.wire import WireResponse

Outcome = Literal["ok", "error", "denied", "throttled", "timeout"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A role that calls with an access key of its own."""

    caller: Caller
    policies: Sequence[PolicyDocument]
    function: str | None


@dataclass(slots=True)
class Attempt:
    """A call on its way through the door, and what the trace will say of it."""

    call: ApiCall
    principal: Principal
    caller: Caller
    parameters: dict[str, Any]
    outcome: Outcome = "ok"
    error: str | None = None
    message: str | None = None
    fault: str | None = None

    def fail(self, outcome: Outcome, error: str, message: str) -> None:
        """Note how the call failed."""
        self.outcome, self.error, self.message = outcome, error, message

    def refused(self, outcome: Outcome, problem: ApiError) -> WireResponse:
        """Fail with an API error."""
        self.fail(outcome, problem.code, problem.message)
        return answers.error(self.call, problem)

    def fields(self) -> dict[str, Any]:
        """What the trace says of the call."""
        return {
            "function": self.principal.function,
            "service": self.call.service,
            "operation": self.call.operation,
            "region": self.call.region,
            "parameters": self.parameters,
            "outcome": self.outcome,
            "error": self.error,
            "message": self.message,
            "fault": self.fault,
        }


def fail_early(attempt: Attempt, fault: CallFault | None) -> WireResponse | None:
    """Answer in the stead of the account, or raise, where the fault keeps the call from it."""
    call = attempt.call
    if fault is None:
        return None
    if fault.kind == "throttle":
        return attempt.refused("throttled", throttled(call.service, call.protocol))
    if fault.kind == "error":
        return attempt.refused("error", ApiError(fault.code, fault.message, fault.status))
    if fault.kind == "timeout-before":
        attempt.fail("timeout", "ConnectTimeoutError", "no connection was made")
        raise ConnectionFailed(f"{call.service} {call.operation}: no connection")
    return None


def fail_late(attempt: Attempt, fault: CallFault | None) -> None:
    """Raise where the fault strikes after the call took effect."""
    call = attempt.call
    if fault is None:
        return
    if fault.kind == "timeout-after":
        attempt.fail("timeout", "ReadTimeoutError", "the call took effect, the answer was lost")
        raise ResponseLost(f"{call.service} {call.operation}: the answer was lost")
    if fault.kind == "crash-after":
        raise Crashed(f"{call.service} {call.operation}: the process died after the call")
