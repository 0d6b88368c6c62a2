"""Lambda of one account, put together."""

from __future__ import annotations

import random
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from sandbox.clock import VirtualClock
from sandbox.errors import SandboxError
from sandbox.gateway.http_server import GatewayServer
from sandbox.lambda_host.async_invocation import AsyncInvocations
from sandbox.lambda_host.dispatch import Dispatch, Work
from sandbox.lambda_host.in_process import InProcessHost
from sandbox.lambda_host.metrics import MetricStore
from sandbox.lambda_host.runtime_api import RuntimeApiHost
from sandbox.lambda_host.service import Functions

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.events.queues import Queues
    from sandbox.gateway.gateway import Gateway
    from sandbox.lambda_host.invocation import FunctionHost
    from sandbox.trace import Trace

HostKind = Literal["in_process", "runtime_api"]
WORKERS = 64


class LambdaService:
    """The functions, their hosts, and what invokes them."""

    def __init__(
        self, clock: Clock, trace: Trace, queues: Queues, rng: random.Random, gateway: Gateway
    ) -> None:
        """Start without functions."""
        self._clock = clock
        self._trace = trace
        self._gateway = gateway
        self._rng = random.Random(rng.getrandbits(64))
        self._virtual = isinstance(clock, VirtualClock)
        self._workers: ThreadPoolExecutor | None = None
        self._server: GatewayServer | None = None
        self._hosts: dict[HostKind, FunctionHost] = {}
        self.metrics = MetricStore()
        self.failures: list[BaseException] = []
        self.functions = Functions(clock, trace, random.Random(rng.getrandbits(64)))
        self.dispatch = Dispatch(clock, trace, queues, self.functions.invoke, self._start)
        self.asynchronous = AsyncInvocations(self.dispatch)
        self.functions.invoke_later = self.asynchronous.add

    def host(self, kind: HostKind) -> FunctionHost:
        """The host of a kind, started when it is first needed."""
        if kind not in self._hosts:
            self._hosts[kind] = self._in_process() if kind == "in_process" else self._runtime_api()
        return self._hosts[kind]

    def recycle(self, function: str | None = None) -> None:
        """Make the next invocation a cold start."""
        for host in self._hosts.values():
            host.recycle(function)

    def close(self) -> None:
        """Stop everything that runs."""
        for mapping in self.functions.mappings:
            mapping.close()
        for host in self._hosts.values():
            host.close()
        if self._workers:
            self._workers.shutdown(wait=True, cancel_futures=True)
        if self._server:
            self._server.close()

    def _in_process(self) -> FunctionHost:
        return InProcessHost(self._gateway.timeline, self._trace, self.metrics, self._rng)

    def _runtime_api(self) -> FunctionHost:
        if self._virtual:
            raise SandboxError("processes live in real time: give the account a WallClock")
        self._server = GatewayServer(self._gateway)
        endpoints = {"AWS_ENDPOINT_URL": self._server.url}
        return RuntimeApiHost(self._clock, self._trace, self.metrics, self._rng, endpoints)

    def _start(self, work: Work) -> None:
        if self._virtual:
            work()
            return
        if self._workers is None:
            self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="sandbox-invocation")
        self._workers.submit(work).add_done_callback(self._note_failure)

    def _note_failure(self, done: Future[None]) -> None:
        """A defect of the sandbox must not end in a thread that nobody looks at."""
        if done.cancelled():
            return
        failure = done.exception()
        if failure:
            self.failures.append(failure)
