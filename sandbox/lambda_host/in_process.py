"""Runs handlers in this process, through the code of the Lambda runtime interface client."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.faults import Crashed
from sandbox.lambda_host.invocation import (
    Invocation,
    exited,
    read_result,
    record,
    timed_out,
)
from sandbox.lambda_host.isolation import Isolation
from sandbox.lambda_host.turns import taking_turns

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.gateway.timeline import Timeline
    from sandbox.lambda_host.function import DeployedFunction
    from sandbox.lambda_host.metrics import MetricStore
    from sandbox.trace import Trace

Error = dict[str, Any]


class _Environment:
    """An execution environment: one imported handler and what it remembers."""

    def __init__(self, function: DeployedFunction) -> None:
        self.function = function
        self.isolation = Isolation(function.code, function.environment())
        self.handler: Callable[..., Any] | None = None
        self.warm = False

    def initialise(self) -> dict[str, Any] | None:
        """Import the handler as the runtime does; give the error if that fails."""
        from awslambdaric import bootstrap

        bootstrap._setup_logging(  # noqa: SLF001
            bootstrap._AWS_LAMBDA_LOG_FORMAT,  # noqa: SLF001
            bootstrap._AWS_LAMBDA_LOG_LEVEL,  # noqa: SLF001
            bootstrap.StandardLogSink(),
        )
        try:
            self.handler = bootstrap._get_handler(self.function.handler)  # noqa: SLF001
        except bootstrap.FaultException as fault:
            error = bootstrap.make_error(fault.msg, fault.exception_type, fault.trace)
        except Exception as failure:  # noqa: BLE001 - a handler module may raise anything
            found = type(failure), failure, failure.__traceback__
            error = bootstrap.build_fault_result(found, None)
        else:
            return None
        bootstrap.log_error(error, bootstrap.StandardLogSink())
        return dict(error)

    def run(self, payload: str, request_id: str, deadline_ms: int) -> _Answer:
        """Run the handler as the runtime does."""
        from awslambdaric import bootstrap

        bootstrap._GLOBAL_AWS_REQUEST_ID = request_id  # noqa: SLF001
        answer = _Answer()
        bootstrap.handle_event_request(
            answer,
            self.handler,
            request_id,
            payload,
            "application/json",
            None,
            None,
            self.function.arn,
            deadline_ms,
            None,
            bootstrap.StandardLogSink(),
        )
        return answer


class _Answer:
    """Stands where the runtime's client stands: takes the result or the error."""

    def __init__(self) -> None:
        from awslambdaric.lambda_runtime_client import LambdaMarshaller

        self.marshaller = LambdaMarshaller()
        self.result: str | None = None
        self.error: dict[str, Any] | None = None

    def post_invocation_result(self, *posted: Any) -> None:
        self.result = posted[1] if isinstance(posted[1], str) else posted[1].decode()

    def post_invocation_error(self, *posted: Any) -> None:
        self.error = json.loads(posted[1])


class InProcessHost:
    """One execution environment per function; one invocation at a time."""

    def __init__(
        self, timeline: Timeline, trace: Trace, metrics: MetricStore, rng: random.Random
    ) -> None:
        """Start with everything cold."""
        self._timeline = timeline
        self._depth = 0
        self._trace = trace
        self._metrics = metrics
        self._rng = rng
        self._environments: dict[str, _Environment] = {}
        self._lock = threading.RLock()

    def invoke(self, function: DeployedFunction, payload: dict[str, Any]) -> Invocation:
        """Run the handler once; time stands still unless its calls take time."""
        with self._lock:
            invocation = self._invoke(function, json.dumps(payload))
        record(invocation, self._trace, self._metrics)
        return invocation

    def recycle(self, name: str | None = None) -> None:
        """Throw execution environments away: the next invocation is a cold start."""
        with self._lock:
            for known in [name] if name else list(self._environments):
                self._environments.pop(known, None)

    def close(self) -> None:
        """Forget everything."""
        self.recycle()

    def _invoke(self, function: DeployedFunction, payload: str) -> Invocation:
        environment = self._environment(function)
        request_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        cold = not environment.warm
        if self._depth == 0:
            self._timeline.restart()
        started = self._timeline.now()
        began = time.perf_counter()
        deadline = started + function.timeout_s
        result, error = self._run(environment, payload, request_id, deadline)
        returned = self._timeline.now()
        ended = min(returned, deadline)
        if returned > deadline:
            # Its last call was on its way then: that took effect, and nobody saw the answer.
            result, error, environment.warm = None, timed_out(function, request_id), False
        lines = environment.isolation.lines.take()
        if not environment.warm:
            self.recycle(function.name)
        return Invocation(
            function=function.name,
            request_id=request_id,
            result=result,
            error=error,
            logs=lines,
            started=started,
            duration_ms=(ended - started) * 1000,
            wall_ms=(time.perf_counter() - began) * 1000,
            cold=cold,
        )

    def _environment(self, function: DeployedFunction) -> _Environment:
        """The function's environment, a new one when the function has changed."""
        known = self._environments.get(function.name)
        if known is None or known.function != function:
            known = self._environments[function.name] = _Environment(function)
        return known

    def _run(
        self, environment: _Environment, payload: str, request_id: str, deadline: float
    ) -> tuple[Any, Error | None]:
        """Import the handler if need be, and run it; the environment is warm unless it died."""
        cold, environment.warm = not environment.warm, False
        self._depth += 1
        try:
            with (
                environment.isolation.entered(),
                taking_turns(self._timeline),
                self._timeline.limited(environment.function.name, deadline),
            ):
                failure = environment.initialise() if cold else None
                if failure:
                    return None, failure
                answer = environment.run(payload, request_id, int(deadline * 1000))
        except Crashed:
            return None, exited(request_id)
        finally:
            self._depth -= 1
        environment.warm = True
        return (None, answer.error) if answer.error else read_result(answer.result or "null")
