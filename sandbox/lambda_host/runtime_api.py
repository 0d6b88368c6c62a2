"""Runs the built artefact as Lambda does: processes, time limits, concurrency."""

from __future__ import annotations

import json
import tempfile
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.lambda_host.invocation import (
    Invocation,
    exited,
    read_result,
    record,
    timed_out,
)
from sandbox.lambda_host.runtime_process import (
    OutOfMemory,
    ProcessExited,
    RuntimeProcess,
    runtime_folder,
)
from sandbox.lambda_host.runtime_server import Answer, Request

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.clock import Clock
    from sandbox.lambda_host.function import DeployedFunction
    from sandbox.lambda_host.metrics import MetricStore
    from sandbox.trace import Trace

Error = dict[str, Any]


class RuntimeApiHost:
    """As many execution environments per function as there are invocations at the same time."""

    def __init__(
        self,
        clock: Clock,
        trace: Trace,
        metrics: MetricStore,
        rng: random.Random,
        endpoints: Mapping[str, str],
    ) -> None:
        """``endpoints`` is added to every environment: AWS_ENDPOINT_URL of the gateway."""
        self._clock = clock
        self._trace = trace
        self._metrics = metrics
        self._rng = rng
        self._endpoints = dict(endpoints)
        self._lock = threading.Lock()
        self._idle: dict[str, list[RuntimeProcess]] = {}
        self._all: set[RuntimeProcess] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="ecs-ops-runtime-")
        self._runtime = runtime_folder(Path(self._folder.name))

    def invoke(self, function: DeployedFunction, payload: Any) -> Invocation:
        """Run the handler once and wait for it."""
        process, request_id = self._take(function)
        cold = process is None
        began = self._clock.now()
        process = process or self._start(function)
        ready, started, answer, error = self._attempt(process, request_id, payload, cold=cold)
        ended = self._clock.now()
        result, error = (None, error) if answer is None else _read(answer)
        lines = process.take_lines()
        self._put_back(process, usable=ready and answer is not None)
        invocation = Invocation(
            function=function.name,
            request_id=request_id,
            result=result,
            error=error,
            logs=lines,
            started=began,
            duration_ms=(ended - started) * 1000,
            init_ms=(started - began) * 1000 if cold else None,
            cold=cold,
        )
        record(invocation, self._trace, self._metrics)
        return invocation

    def _attempt(
        self, process: RuntimeProcess, request_id: str, payload: Any, *, cold: bool
    ) -> tuple[bool, float, Answer | None, Error | None]:
        """Whether the handler was imported, when it began, and its answer or Lambda's own error."""
        started = self._clock.now()
        try:
            failure = process.initialise() if cold else None
            started = self._clock.now()
            if failure:
                return False, started, failure, None
            answer = self._run(process, request_id, payload)
        except (ProcessExited, OutOfMemory):
            return False, started, None, exited(request_id)
        return True, started, answer, None if answer else timed_out(process.function, request_id)

    def recycle(self, name: str | None = None) -> None:
        """End the idle processes: the next invocation is a cold start."""
        with self._lock:
            names = [name] if name else list(self._idle)
            ended = [process for known in names for process in self._idle.pop(known, [])]
            self._all.difference_update(ended)
        for process in ended:
            process.close()

    def close(self) -> None:
        """End every process."""
        with self._lock:
            ended = list(self._all)
            self._all.clear()
            self._idle.clear()
        for process in ended:
            process.kill()
        self._folder.cleanup()

    def _take(self, function: DeployedFunction) -> tuple[RuntimeProcess | None, str]:
        """An idle process of the function as it is now, and an id for the request."""
        with self._lock:
            request_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
            idle = self._idle.setdefault(function.name, [])
            fitting = [process for process in idle if process.function == function]
            if not fitting:
                return None, request_id
            idle.remove(fitting[-1])
            return fitting[-1], request_id

    def _start(self, function: DeployedFunction) -> RuntimeProcess:
        process = RuntimeProcess(function, function.environment() | self._endpoints, self._runtime)
        with self._lock:
            self._all.add(process)
        return process

    def _run(self, process: RuntimeProcess, request_id: str, payload: Any) -> Answer | None:
        function = process.function
        deadline = self._clock.now() + function.timeout_s
        request = Request(
            request_id, json.dumps(payload).encode(), int(deadline * 1000), function.arn
        )
        return process.run(request, function.timeout_s)

    def _put_back(self, process: RuntimeProcess, *, usable: bool) -> None:
        with self._lock:
            if usable and process in self._all:
                self._idle[process.function.name].append(process)
                return
            self._all.discard(process)
        process.kill()


def _read(answer: Answer) -> tuple[Any, Error | None]:
    return (None, answer.error()) if answer.failed else read_result(answer.body or "null")
