"""What the ledger holds. Each row is an item: ``pk``, ``sk``, the row as JSON in ``body``, ``rev``.

| pk          | sk                            | row                                                    |
|-------------|-------------------------------|--------------------------------------------------------|
| status      | <job>                         | JobRow: the overlap lock, open incidents               |
| job#<job>   | run#<run>                     | RunRow: state, which shards are done, which failed     |
| run#<run>   | plan, items#<page>            | Plan: the spec with everything frozen; fan-out items   |
| run#<run>   | waiters                       | Waiters: runs that waited for it before it was there   |
| run#<run>   | <shard>#<attempt>#a           | AttemptRow: what was launched; for retries the intent  |
| run#<run>   | <shard>#<attempt>#e           | EndRow: what became of it, and what follows            |
| run#<run>   | <shard>#<attempt>#w           | WarningRow: a replacement was started early            |
| key#<job>   | <key>                         | Request: the run of a request that has a key           |
| agenda      | <priority>#<due>#<run>...     | AgendaRow: first attempts, or a retry, to be launched  |
| pace        | buckets                       | Buckets: launch tokens                                 |
| schedules   | looked                        | Looked: up to when lost slots were looked for          |

Attempt and end rows are facts: written without conditions, the same however often. Rows with a ``rev``
are changed by whoever read the newest one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from batch_jobs.ids import AttemptId, job_of
from batch_jobs.retrying import Next, Place
from batch_jobs.spec import Spec
from batch_jobs.verdict import Verdict

AGENDA, PACE, BUCKETS, STATUS = "agenda", "pace", "buckets", "status"
WAITING, RUNNING, STOPPING = "WAITING", "RUNNING", "STOPPING"
SUCCEEDED, FAILED, CANCELLED = "SUCCEEDED", "FAILED", "CANCELLED"
SKIPPED, MISSED = "SKIPPED", "MISSED"
FINAL = frozenset({SUCCEEDED, FAILED, CANCELLED, SKIPPED, MISSED})

Key = tuple[str, str]
LOOKED: Key = ("schedules", "looked")


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all rows: fields that a newer version wrote are ignored."""

    @property
    def least_kept_s(self) -> float:
        """How long a row is kept after it was written, however short the history."""
        return 0.0


class JobRow(Row, frozen=True, kw_only=True):
    """``active`` is the overlap lock; ``waiting`` runs have not got it yet, oldest first.

    ``displaced`` ones will not get it any more, and are not told yet; ``skipped`` are the slots in a row
    that found the lock taken, and the last of them; ``outcomes`` are (run, state) of the latest runs that
    succeeded or failed.
    ``last_slot`` is the latest one that came; slots up to ``settled``, or ``refused`` ones, are not missed.
    """

    job: str
    cluster: str = ""
    family: str = ""
    active: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    paused: bool = False
    incidents: dict[str, float] = {}
    last_slot: float | None = None
    route: str | None = None
    foreign: bool = False
    updated: float = 0.0
    displaced: tuple[str, ...] = ()
    skipped: int = 0
    last_skipped: str = ""
    settled: float = 0.0
    refused: tuple[float, ...] = ()
    outcomes: tuple[tuple[str, str], ...] = ()

    @property
    def holds_runs(self) -> bool:
        """Whether any of its runs is not over."""
        return bool(self.active or self.waiting or self.displaced)

    @property
    def least_kept_s(self) -> float:
        """More than a year: without its last slot a yearly job would be made up for again.

        A name under which nothing was ever accepted is forgotten with the history.
        """
        own = not self.foreign and (self.family or self.paused or self.last_slot)
        return 400 * 86_400.0 if own else 0.0


class Wait(Row, frozen=True, kw_only=True):
    """What a run waits for: another run; ``each`` shard for the same one of it, or all of them."""

    run: str
    each: bool = False


class RunRow(Row, frozen=True, kw_only=True):
    """A run. ``outcome`` is what a STOPPING run becomes; ``closed`` once people were told.

    ``limited``: the end of a shard may allow the launch of another (parallelism).
    """

    run: str
    job: str
    cluster: str = ""
    task_definition: str = ""
    state: str
    count: int = 1
    done: str = ""
    failed: str = ""
    slot: float | None = None
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    outcome: str = ""
    reason: str = ""
    by: str = ""
    waits_for: tuple[Wait, ...] = ()
    dependents: tuple[str, ...] = ()
    max_failed: int | None = None
    limited: bool = False
    stopping_at: float | None = None
    alerts: tuple[str, ...] = ()
    route: str | None = None
    closed: bool = False
    foreign: bool = False
    launches: int = 0
    interruptions: int = 0
    cost_usd: float = 0.0
    log: tuple[str, ...] = ()
    kept: float = 0.0  # when its rows were last written anew, so that they outlive it

    @property
    def at(self) -> float:
        """When it should have begun."""
        return self.created if self.slot is None else self.slot


class LogPlace(Row, frozen=True, kw_only=True):
    """Where the job's container writes, by the awslogs driver."""

    group: str
    prefix: str
    region: str


class Plan(Row, frozen=True, kw_only=True):
    """A run's spec with everything that could change meanwhile frozen."""

    run: str
    spec: Spec
    task_definition: str
    main: str
    essential: tuple[str, ...]
    count: int
    shards: str
    pages: int = 0
    log: LogPlace | None = None
    cpu: str = ""
    memory: str = ""
    container_memory: bool = False
    other_memory: int = 0  # MiB that the task's other containers may take
    architecture: str = "X86_64"


class Items(Row, frozen=True, kw_only=True):
    """A page of fan-out items."""

    items: tuple[str, ...]


class Waiters(Row, frozen=True, kw_only=True):
    """Runs that wait for one which was not there yet: it wakes them once it is."""

    runs: tuple[str, ...] = ()


class Request(Row, frozen=True, kw_only=True):
    """A request that has a key: the run it became, however often it is sent."""

    run: str


class AttemptRow(Row, frozen=True, kw_only=True):
    """An attempt that is meant to be launched; ``settled`` once its task, or its refusal, is known."""

    at: float
    place: Place = Place()
    task: str | None = None
    settled: bool = False


class EndRow(Row, frozen=True, kw_only=True):
    """The end of an attempt. What was decided first stands."""

    verdict: Verdict
    next: Next
    ended: float
    task: str | None = None
    created: float | None = None
    started: float | None = None
    provider: str | None = None


class WarningRow(Row, frozen=True, kw_only=True):
    """Spot's two-minute warning, answered by a replacement."""

    at: float
    next: Next


class AgendaRow(Row, frozen=True, kw_only=True):
    """Launches to be made: of ``shard`` and ``attempt``, or without them all first attempts of a run.

    ``block`` are the shards that were meant to be launched last, at ``at``: an attempt row says that
    one of them was. Whoever stops a run keeps what was intended in ``launched``: over that new revision no
    pass that is under way can intend another shard.
    """

    run: str
    due: float
    priority: int
    shard: int | None = None
    attempt: int = 1
    place: Place = Place()
    intended: str = ""
    launched: str | None = None
    block: str = ""
    at: float = 0.0
    served: float = 0.0

    @property
    def id(self) -> AttemptId | None:
        """The attempt of a retry."""
        return None if self.shard is None else AttemptId(self.run, self.shard, self.attempt)


class Looked(Row, frozen=True, kw_only=True):
    """When lost slots were looked for last; earlier for schedules that are ``behind``, by name.

    ``told`` has the jobs of schedules that cannot be understood, by the schedule's name.
    """

    at: float = 0.0
    behind: dict[str, float] = {}
    told: dict[str, str] = {}


class Brake(Row, frozen=True, kw_only=True):
    """Launches are held until then, after a wait of so long; afterwards a pass may make ``most``."""

    until: float
    wait: float
    most: int = 1


class Buckets(Row, frozen=True, kw_only=True):
    """Launch tokens, as of ``at``; brakes by cluster and capacity."""

    at: float
    levels: dict[str, float] = {}
    brakes: dict[str, Brake] = {}


def job_key(job: str) -> Key:
    """Of a JobRow."""
    return STATUS, job


def run_key(run: str) -> Key:
    """Of a RunRow."""
    return f"job#{job_of(run)}", f"run#{run}"


def plan_key(run: str) -> Key:
    """Of a Plan."""
    return f"run#{run}", "plan"


def items_key(run: str, page: int) -> Key:
    """Of a page of items."""
    return f"run#{run}", f"items#{page:03d}"


def waiters_key(run: str) -> Key:
    """Of Waiters."""
    return f"run#{run}", "waiters"


def request_key(job: str, key: str) -> Key:
    """Of a Request."""
    return f"key#{job}", key


def attempt_key(attempt: AttemptId, what: str) -> Key:
    """Of an AttemptRow (a), an EndRow (e) or a WarningRow (w)."""
    return f"run#{attempt.run}", f"{attempt.shard:05d}#{attempt.attempt:03d}#{what}"


def agenda_key(row: AgendaRow) -> Key:
    """The most urgent first; the oldest first among those."""
    name = row.run if row.shard is None else f"{row.run}#{row.shard}#{row.attempt}"
    return AGENDA, f"{9 - row.priority}#{int(row.due):010d}#{name}"


def encode(row: msgspec.Struct) -> str:
    """The body of an item."""
    return msgspec.json.encode(row).decode()


def decode[R](body: str, kind: type[R]) -> R:
    """A row from the body of an item."""
    return msgspec.json.decode(body, type=kind)


def row_of[R](item: dict[str, Any], kind: type[R]) -> R:
    """A row from an item as DynamoDB's low-level API gives it."""
    return decode(item["body"]["S"], kind)
