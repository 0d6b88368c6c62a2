"""What came of one invocation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.lambda_host.metrics import Metric, MetricStore, read_embedded_metrics

if TYPE_CHECKING:
    from sandbox.lambda_host.function import DeployedFunction
    from sandbox.trace import Trace

# "Invocation payload (request and response): 6 MB each for synchronous" (gettingstarted-limits).
RESPONSE_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Invocation:
    """The answer of a function, and what it left behind."""

    function: str
    request_id: str
    result: Any = None
    error: dict[str, Any] | None = None  # errorType, errorMessage, stackTrace
    logs: tuple[str, ...] = ()
    started: float = 0.0  # epoch seconds
    duration_ms: float = 0.0
    wall_ms: float | None = None  # what it took this machine, where duration_ms is virtual
    init_ms: float | None = None
    cold: bool = False
    throttled: bool = False

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The embedded metrics in its log lines."""
        return tuple(m for line in self.logs for m in read_embedded_metrics(line, self.function))

    @property
    def ok(self) -> bool:
        """Whether the handler returned."""
        return self.error is None


class FunctionHost(Protocol):
    """Runs handlers."""

    def invoke(self, function: DeployedFunction, payload: dict[str, Any]) -> Invocation:
        """Run the handler once and wait for it."""
        ...

    def recycle(self, name: str | None = None) -> None:
        """Throw the execution environments away: the next invocation is a cold start."""
        ...

    def close(self) -> None:
        """End everything that runs."""
        ...


def timed_out(function: DeployedFunction, request_id: str) -> dict[str, Any]:
    """The error of an invocation that ran into its time limit, in Lambda's words."""
    message = f"{request_id} Task timed out after {function.timeout_s:.2f} seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": message}


def exited(request_id: str) -> dict[str, Any]:
    """The error of an invocation whose process died, in Lambda's words."""
    message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}


def read_result(text: str) -> tuple[Any, dict[str, Any] | None]:
    """Parse what a handler returned; too large a response is an error."""
    if len(text.encode()) > RESPONSE_BYTES:
        message = (
            f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
        )
        return None, {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    return json.loads(text), None


def record(invocation: Invocation, trace: Trace, store: MetricStore) -> None:
    """Write an invocation, its log lines and its metrics to the trace."""
    name, request_id = invocation.function, invocation.request_id
    for line in invocation.logs:
        trace.add("log", function=name, request_id=request_id, line=line, record=_parsed(line))
    for metric in invocation.metrics:
        store.add(metric)
        trace.add(
            "metric",
            function=name,
            namespace=metric.namespace,
            name=metric.name,
            value=metric.value,
            unit=metric.unit,
            dimensions=dict(metric.dimensions),
        )
    trace.add(
        "invocation",
        function=name,
        request_id=request_id,
        cold=invocation.cold,
        started=invocation.started,
        duration_ms=invocation.duration_ms,
        wall_ms=invocation.wall_ms,
        init_ms=invocation.init_ms,
        result=invocation.result,
        error=invocation.error,
        throttled=invocation.throttled,
    )


def _parsed(line: str) -> dict[str, Any] | None:
    """A JSON log line as an object, anything else as None."""
    if not line.startswith("{"):
        return None
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None
