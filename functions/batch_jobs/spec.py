"""The job spec: what a schedule's input, a queue message or a file says. Schema: docs/schemas/job-v1.json."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

MAX_SHARDS = 10_000
# "Array of up to 5 objects", "between 1 and 10 attempts" (API_RetryStrategy of AWS Batch).
MAX_CONDITIONS, MAX_BATCH_ATTEMPTS = 5, 10

# Python's $ also matches before a line break at the end.
_END = r"$(?!\n)"
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}" + _END)]
RunId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}-\d{8}T\d{6}Z-[0-9a-f]{6}" + _END)]
# Of a run that is asked for by hand: whatever names it on the sender's side.
RequestKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:/-]{1,128}" + _END)]
Duration = Annotated[str, Meta(pattern=r"^[0-9]{1,9} ?[smhd]" + _END)]
Text = Annotated[str, Meta(min_length=1, max_length=512)]
Budget = Annotated[int, Meta(ge=0, le=100)]
MiB = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,6}" + _END)]
# Exact, or a prefix when the last character is "*" (API_EvaluateOnExit).
Glob = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:\s]*\*?" + _END, min_length=1, max_length=512)]
CodeGlob = Annotated[str, Meta(pattern=r"^[0-9]*\*?" + _END, min_length=1, max_length=512)]
Action = Annotated[str, Meta(pattern=r"^([Rr][Ee][Tt][Rr][Yy]|[Ee][Xx][Ii][Tt])" + _END)]
Overlap = Literal["allow", "forbid", "replace", "queue"]
CatchUp = Literal["none", "latest", "all"]
AlertKind = Literal[
    "failed", "missed", "late", "long", "blocked", "flapping", "refused", "lost", "quota"
]


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of everything in a spec: a field that nobody knows is a mistake."""


class Network(_Part, frozen=True, omit_defaults=True):
    """Of tasks with network mode awsvpc."""

    subnets: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=16)]
    security_groups: Annotated[tuple[Text, ...], Meta(max_length=5)] = ()
    assign_public_ip: bool = False


class Capacity(_Part, frozen=True, omit_defaults=True):
    """A rung of the ladder: a capacity provider or a launch type, in all subnets or in some."""

    provider: Text | None = None
    launch_type: Literal["FARGATE", "EC2", "EXTERNAL"] | None = None
    subnets: Annotated[tuple[Text, ...], Meta(max_length=16)] = ()

    @property
    def kind(self) -> str:
        """FARGATE, FARGATE_SPOT, or EC2 for all others: what AWS throttles by."""
        name = self.provider or self.launch_type or "FARGATE"
        return name if name in ("FARGATE", "FARGATE_SPOT") else "EC2"


class FanOut(_Part, frozen=True, omit_defaults=True):
    """One shard each: a number, a list, or the lines of an object in S3."""

    count: Annotated[int, Meta(ge=1, le=MAX_SHARDS)] | None = None
    items: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_SHARDS)] | None = None
    lines: Annotated[str, Meta(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$")] | None = None


class Limits(_Part, frozen=True, omit_defaults=True):
    """From RunTask to RUNNING, from RUNNING to the end, and how long a run may wait for its turn."""

    launch: Duration = "30m"
    run: Duration | None = None
    queue: Duration = "1d"


class Retries(_Part, frozen=True, omit_defaults=True):
    """Three budgets for each shard, and how long to wait before each next attempt."""

    launch: Budget = 5
    interruption: Budget = 5
    application: Budget = 0
    backoff: Duration = "10s"
    max_backoff: Duration = "5m"


class Rule(_Part, frozen=True, omit_defaults=True):
    """The first rule of which all given conditions match decides about a failed attempt."""

    action: Literal["retry", "fail", "failRun", "ignore"]
    exit_codes: tuple[int, ...] | None = None
    not_exit_codes: tuple[int, ...] | None = None
    reason: Text | None = None
    stop_code: Text | None = None
    container: Text | None = None


class Condition(_Part, frozen=True, omit_defaults=True):
    """A condition of AWS Batch's evaluateOnExit, in its names."""

    action: Action
    on_exit_code: CodeGlob | None = None
    on_reason: Glob | None = None
    on_status_reason: Glob | None = None


Conditions = Annotated[tuple[Condition, ...], Meta(max_length=MAX_CONDITIONS)]


class RetryStrategy(_Part, frozen=True, omit_defaults=True):
    """AWS Batch's, as a job definition has it; ``conditions`` is another name for its list.

    ``spotExitZero=success`` keeps Batch's view of a task that Spot took and that exited with 0.
    """

    attempts: Annotated[int, Meta(ge=1, le=MAX_BATCH_ATTEMPTS)]
    evaluate_on_exit: Conditions = ()
    conditions: Conditions = ()
    spot_exit_zero: Literal["interruption", "success"] = "interruption"

    @property
    def listed(self) -> Conditions:
        """The conditions, whichever name they came under."""
        return self.evaluate_on_exit or self.conditions


class Dependency(_Part, frozen=True, omit_defaults=True):
    """Another job's run of the same slot (else its newest), or a run by its id."""

    job: Name | None = None
    run: RunId | None = None
    type: Literal["success", "nToN"] = "success"


class AlertPolicy(_Part, frozen=True, omit_defaults=True):
    """Of what people are told, and where (the value that routes match as tag).

    ``lateAfter`` counts from when a run is due; without it from when nothing holds it up any more.
    """

    on: tuple[AlertKind, ...] = get_args(AlertKind)
    route: Text | None = None
    late_after: Duration | None = None
    long_after: Duration | None = None


class Spec(_Part, frozen=True, omit_defaults=True):
    """A job."""

    job: Name
    cluster: Annotated[
        str, Meta(pattern=r"^(arn:aws[a-z-]*:ecs:.+:cluster/)?[A-Za-z0-9_-]{1,255}$")
    ]
    task_definition: Annotated[
        str,
        Meta(
            pattern=r"^(arn:aws[a-z-]*:ecs:.+:task-definition/)?[A-Za-z0-9_-]{1,255}(:\d{1,9})?"
            + _END
        ),
    ]
    slot: Annotated[str, Meta(max_length=64)] | None = None
    key: RequestKey | None = None
    container: Text | None = None
    network: Network | None = None
    capacity: Annotated[tuple[Capacity, ...], Meta(min_length=1, max_length=20)] = (
        Capacity(launch_type="FARGATE"),
    )
    memory_steps: Annotated[tuple[MiB, ...], Meta(max_length=10)] = ()
    cpu_steps: Annotated[tuple[MiB, ...], Meta(max_length=10)] = ()
    overrides: dict[str, Any] = {}
    fan_out: FanOut = FanOut(count=1)
    parallelism: Annotated[int, Meta(ge=1, le=MAX_SHARDS)] | None = None
    overlap: Overlap = "forbid"
    queue_length: Annotated[int, Meta(ge=1, le=100)] = 10
    starting_deadline: Duration | None = None
    catch_up: CatchUp = "latest"
    catch_up_limit: Annotated[int, Meta(ge=1, le=100)] = 10
    limits: Limits = Limits()
    retries: Retries = Retries()
    rules: Annotated[tuple[Rule, ...], Meta(max_length=50)] = ()
    evaluate_on_exit: RetryStrategy | Conditions | None = None
    retry_strategy: RetryStrategy | None = None
    max_failed_shards: Annotated[int, Meta(ge=0, le=MAX_SHARDS)] | None = None
    depends_on: Annotated[tuple[Dependency, ...], Meta(max_length=20)] = ()
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    tags: dict[
        Annotated[str, Meta(min_length=1, max_length=128)], Annotated[str, Meta(max_length=256)]
    ] = {}
    alerts: AlertPolicy = AlertPolicy()
    replace_at_warning: bool = False

    def alerts_on(self, kind: str) -> bool:
        """Whether people want to hear of this."""
        return kind in self.alerts.on

    @property
    def strategy(self) -> RetryStrategy | None:
        """AWS Batch's retry strategy, in the one form in which it is asked.

        A list alone says nothing of attempts: they are the first and ``retries.application``.
        """
        given = self.evaluate_on_exit
        if isinstance(given, tuple):
            return RetryStrategy(attempts=self.retries.application + 1, evaluate_on_exit=given)
        return given or self.retry_strategy
