"""An AWS account on this machine: clock, trace, door, simulators and functions, put together."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sandbox.caller import Caller
from sandbox.clock import Clock, VirtualClock
from sandbox.cloud_trail import CloudTrail
from sandbox.cloudwatch import Datapoints
from sandbox.ecr import ImageRegistry, Repositories
from sandbox.ecs import EcsSettings, EcsTwin
from sandbox.elb import TargetGroups
from sandbox.errors import SandboxError
from sandbox.events.ecs_target import to_cluster
from sandbox.events.queues import Queues
from sandbox.events.wiring import EventServices
from sandbox.faults import CallFault, EventFault, FaultPlan
from sandbox.gateway.botocore_hook import in_process
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.throttling import Throttles
from sandbox.introductions import introduce
from sandbox.lambda_host.wiring import HostKind, LambdaService
from sandbox.operator_client import operator_client
from sandbox.scheduled_launches import ScheduledLaunches
from sandbox.stack.descriptions import StackDescriptions
from sandbox.stack.resource import Deployment
from sandbox.stack.roles import Roles
from sandbox.stack.stack import Stack, deploy_template
from sandbox.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from sandbox.ec2 import AutoScalingGroups, Fleet
    from sandbox.lambda_host.invocation import Invocation

__all__ = ["ACCOUNT", "REGION", "START", "Account", "NotSettled", "Stack"]

START = 1_767_603_600.0  # 2026-01-05T09:00:00Z, a Monday
ACCOUNT = "123456789012"
REGION = "eu-west-1"
SETTLE_STEP_S = 0.5
REAL_SETTLE_STEP_S = 0.02


class NotSettled(SandboxError):
    """Something is still on its way when ``settle`` gives up."""


class Account:
    """A context manager; inside it every boto3 client of the process talks to this account.

    The same seed and the same calls give the same run. ``latency_s`` is the time that each call of a
    function takes; ``throttling`` switches the published API quotas on.
    """

    def __init__(  # noqa: PLR0913 - what an account can be told, each named
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        start: float = START,
        latency_s: float = 0.0,
        throttling: bool = False,
        faults: Iterable[CallFault | EventFault] = (),
        ecs: EcsSettings | None = None,
        region: str = REGION,
    ) -> None:
        """Describe the account; entering it creates it."""
        self.region = region
        self.fleet: Fleet
        self.groups: AutoScalingGroups
        self._given_clock = clock
        self._start = start
        self._rng = random.Random(seed)
        self._latency_s = latency_s
        self._throttling = throttling
        self._planned = tuple(faults)
        self._ecs_settings = ecs
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Create the account."""
        with contextlib.ExitStack() as opening:
            self.clock = self._given_clock or VirtualClock(self._start)
            if self._given_clock is None:
                opening.callback(self.clock.close)
            self._build(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End everything that runs; the process gets its clients and its time back."""
        self._open.close()

    def client(self, service: str) -> Any:
        """A boto3 client of the operator: no IAM, no faults, no throttling."""
        return operator_client(service, self.region)

    def deploy(
        self,
        template: str | Path,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "ecs-ops",
        host: HostKind = "in_process",
        artefact: str | Path | None = None,
    ) -> Stack:
        """Create the resources of a template; ``artefact`` is the folder that the build left."""
        path = Path(template)
        into = Deployment(
            stack=name,
            account=ACCOUNT,
            region=self.region,
            folder=path.parent,
            client=self.client,
            functions=self.functions,
            roles=self.roles,
            dispatch=self._lambda.dispatch,
            host=self._lambda.host(host),
            artefact=Path(artefact) if artefact else None,
        )
        self.stacks[name] = deploy_template(path, parameters or {}, into, self.gateway)
        return self.stacks[name]

    def put_event(self, event: dict[str, Any], *, bus: str = "default") -> dict[str, Any]:
        """Put an event on a bus as an AWS service does, whatever its source."""
        return self.events.put(event, bus=bus)

    def invoke(self, function: str, payload: Any) -> Invocation:
        """Invoke a function by logical id, name or ARN, and wait for it."""
        for stack in self.stacks.values():
            if function in stack.deployed.resources:
                function = stack.ref(function)
        return self.functions.invoke(function, payload)

    def recycle(self, function: str | None = None) -> None:
        """Make the next invocation a cold start."""
        self._lambda.recycle(function)

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        if isinstance(self.clock, VirtualClock):
            self.clock.run_for(seconds)
        else:
            time.sleep(seconds)
        for failure in self._lambda.failures:
            raise failure

    def settle(self, limit_s: float = 900.0) -> None:
        """Let time pass until no event, message or invocation is on its way any more.

        Messages in a queue with a function behind it count, also those that are delayed.
        """
        virtual = isinstance(self.clock, VirtualClock)
        end = self.clock.now() + limit_s
        self.run_for(0)
        while pending := self.pending():
            if self.clock.now() >= end:
                raise NotSettled(f"still on their way after {limit_s:g} s: {pending}")
            self.run_for(SETTLE_STEP_S if virtual else REAL_SETTLE_STEP_S)

    def pending(self) -> dict[str, int]:
        """What is on its way, by kind; empty when all is quiet."""
        counts = {
            "deliveries": self._event_services.courier.in_transit,
            "invocations": self._lambda.asynchronous.waiting,
        }
        for mapping in self.functions.mappings:
            if mapping.settings.enabled:
                held = self.queues.held(mapping.settings.queue_arn)
                counts[mapping.settings.queue_arn] = max(held, mapping.running)
        return {name: count for name, count in counts.items() if count}

    def _build(self, opening: contextlib.ExitStack) -> None:
        rng = self._rng
        self.trace = Trace(self.clock.now)
        self.faults = FaultPlan(_derived(rng), trace=self.trace)
        for fault in self._planned:
            self.faults.add(fault)
        self.roles = Roles()
        self.stacks: dict[str, Stack] = {}
        self.targets = TargetGroups(self.clock, _derived(rng))
        self.ecs = EcsTwin(self.clock, self._emit, _derived(rng), self.targets, self._ecs_settings)
        self._repositories = Repositories(self.clock, ACCOUNT)
        self.images = ImageRegistry(self._repositories, ACCOUNT)
        self.gateway = self._door()
        opening.callback(self.gateway.close)
        opening.enter_context(in_process(self.gateway))
        # The backends of moto are new from here on: nothing that looks at them may be older.
        self.queues = Queues(self.clock, ACCOUNT, self.region, self.gateway.moto._lock)  # noqa: SLF001
        opening.enter_context(self.queues.observed())
        self._connect(rng)
        opening.callback(self._lambda.close)

    def _door(self) -> Gateway:
        return Gateway(
            self.clock,
            self.trace,
            simulators={"ecs": self.ecs, "elbv2": self.targets, "ecr": self._repositories},
            faults=self.faults,
            throttles=Throttles() if self._throttling else None,
            latency_s=self._latency_s,
            account=ACCOUNT,
            region=self.region,
        )

    def _connect(self, rng: random.Random) -> None:
        scope = (ACCOUNT, self.region)
        self._event_services = EventServices(
            self.clock, self.trace, self.queues, rng, scope, self.faults
        )
        self._lambda = LambdaService(self.clock, self.trace, self.queues, rng, self.gateway)
        self.events = self._event_services.bridge
        self.functions = self._lambda.functions
        self.metrics, self.datapoints = self._lambda.metrics, Datapoints()
        self._event_services.deliver_to("lambda", self.functions.receive)
        trail = CloudTrail(self.clock, _derived(rng), self.events.wanted, self._emit)
        self.gateway.backends.trail = trail.record
        launches = ScheduledLaunches(self.clock, self.ecs, self.gateway.throttles, trail, scope)
        self._event_services.deliver_to("ecs", to_cluster(launches.run_task))
        self._event_services.courier.role_may = self.roles.may
        simulators = self.gateway.simulators
        simulators["events"], simulators["lambda"] = self.events, self.functions
        simulators["scheduler"] = self._event_services.scheduler
        simulators["cloudformation"] = StackDescriptions(self.stacks, self.clock)
        operator = Caller("operator", ACCOUNT, self.region)
        self.code_deploy = introduce(
            self, operator, self._lambda.dispatch, self._emit, _derived(rng)
        )

    def _emit(self, event: dict[str, Any]) -> None:
        self.events.put(event)


def _derived(rng: random.Random) -> random.Random:
    """A generator of its own: more calls in one room do not change another's."""
    return random.Random(rng.getrandbits(64))
