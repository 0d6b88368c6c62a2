"""The one door for every AWS call: who is calling, is it allowed, throttled, faulty."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from moto.core.parse import RequestParserError

from sandbox.caller import Caller
from sandbox.clock import Clock
from sandbox.faults import CallFault, FaultPlan, OutOfTime
from sandbox.gateway.attempt import Attempt, Principal, fail_early, fail_late
from sandbox.gateway.backends import Backends, Simulator
from sandbox.gateway.calls import ApiCall, identify
from sandbox.gateway.iam.authorizer import Authorizer
from sandbox.gateway.iam.policy import PolicyDocument, checked
from sandbox.gateway.moto_account import MotoAccount
from sandbox.gateway.throttling import Throttles, throttled
from sandbox.gateway.timeline import Timeline
from sandbox.gateway.wire import WireRequest, WireResponse
from sandbox.trace import Trace


class Gateway:
    """One account's door, for in-process clients and for the HTTP server. Threads may share it.

    A call with a key that is not registered is the operator's (tests, the set-up of a world): no
    IAM, no faults, no throttling, and no trace unless ``trace_operator`` is set.
    """

    def __init__(  # noqa: PLR0913 - the parts of an account, each by name
        self,
        clock: Clock,
        trace: Trace,
        *,
        simulators: Mapping[str, Simulator],
        iam: Authorizer | None = None,
        faults: FaultPlan | None = None,
        throttles: Throttles | None = None,
        latency_s: float = 0.0,
        account: str = "123456789012",
        region: str = "eu-west-1",
    ) -> None:
        """Open the door; ``iam``, ``faults`` and ``throttles`` are off when None."""
        self.timeline = Timeline(clock)
        self.moto = MotoAccount(account, self.timeline)
        self.backends = Backends(simulators, self.moto)
        self.iam = iam
        self.faults = faults
        self.throttles = throttles
        self.latency_s = latency_s
        self.trace_operator = False
        self._trace = trace
        self._operator = Principal(Caller("operator", account, region), (), None)
        self._principals: dict[str, Principal] = {}
        self._pauses = threading.local()

    @property
    def simulators(self) -> dict[str, Simulator]:
        """The simulators by botocore's name of the service; may be added to."""
        return self.backends.simulators

    def close(self) -> None:
        """Forget what moto holds."""
        self.moto.close()

    def register_principal(
        self,
        access_key: str,
        caller: Caller,
        policies: Sequence[PolicyDocument],
        function_name: str | None = None,
    ) -> None:
        """Let a role call with ``access_key``; MalformedPolicy when a policy is not understood."""
        accepted = tuple(checked(policy) for policy in policies)
        self._principals[access_key] = Principal(caller, accepted, function_name)

    def back_off(self, seconds: float) -> None:
        """Let a client wait before it tries again; the trace shows it on the thread's next call."""
        self._pauses.seconds = self._pause() + seconds
        self.timeline.spend(seconds)

    def handle(self, request: WireRequest) -> WireResponse:
        """Answer a request.

        Raises UnsupportedOperation when nobody simulates the call, and, where a fault says so,
        ConnectionFailed, ResponseLost or Crashed; OutOfTime when the function's time limit is over.
        """
        call = identify(request, self._operator.caller.region)
        principal = self._principals.get(call.access_key, self._operator)
        if self.timeline.is_over(principal.function):
            raise OutOfTime(f"{principal.function} was killed before {call.operation}")
        caller = replace(principal.caller, region=call.region)
        if principal is self._operator and not self.trace_operator:
            return self.backends.answer(call, caller).response
        return self._recorded(Attempt(call, principal, caller, self._parameters(call)))

    def _recorded(self, attempt: Attempt) -> WireResponse:
        waited, self._pauses.seconds = self._pause(), 0.0
        started, began = self.timeline.now(), time.perf_counter()
        try:
            return self._admit(attempt)
        except Exception as problem:
            if attempt.outcome == "ok":
                attempt.fail("error", type(problem).__name__, str(problem))
            raise
        finally:
            self._trace.add(
                "call",
                **attempt.fields(),
                waited_s=waited,
                started=started,
                ended=self.timeline.now(),
                elapsed_ms=(time.perf_counter() - began) * 1000,
            )

    def _admit(self, attempt: Attempt) -> WireResponse:
        fault = None
        if attempt.principal is not self._operator:
            refusal = self._refusal(attempt)
            if refusal:
                return self._late(refusal)
            fault = self._planned(attempt)
            early = fail_early(attempt, fault) or self._turned_away(attempt)
            if early:
                return self._late(early)
        self.timeline.spend(self.latency_s + (fault.seconds if fault else 0.0))
        answer = self.backends.answer(attempt.call, attempt.caller)
        if answer.problem:
            attempt.fail("error", answer.problem.code, answer.problem.message)
        fail_late(attempt, fault)
        return answer.response

    def _refusal(self, attempt: Attempt) -> WireResponse | None:
        if self.iam is None:
            return None
        problem = self.iam.refusal(
            attempt.caller, attempt.principal.policies, attempt.call, attempt.parameters
        )
        return attempt.refused("denied", problem) if problem else None

    def _planned(self, attempt: Attempt) -> CallFault | None:
        if self.faults is None:
            return None
        call = attempt.call
        fault = self.faults.plan_call(call.service, call.operation, attempt.principal.function)
        attempt.fault = fault.kind if fault else None
        return fault

    def _turned_away(self, attempt: Attempt) -> WireResponse | None:
        if self.throttles is None:
            return None
        call, caller = attempt.call, attempt.caller
        admitted = self.throttles.admit(
            (caller.account, caller.region),
            (call.service, call.operation),
            attempt.parameters,
            self.timeline.now(),
        )
        return (
            None
            if admitted
            else attempt.refused("throttled", throttled(call.service, call.protocol))
        )

    def _late(self, response: WireResponse) -> WireResponse:
        self.timeline.spend(self.latency_s)
        return response

    def _parameters(self, call: ApiCall) -> dict[str, Any]:
        try:
            return call.parameters()
        except (RequestParserError, KeyError, TypeError, ValueError, AttributeError):
            if self.backends.simulates(call):
                raise
            return {}

    def _pause(self) -> float:
        seconds: float = getattr(self._pauses, "seconds", 0.0)
        return seconds
