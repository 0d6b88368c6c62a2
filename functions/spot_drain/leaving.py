"""Tasks of instances leave their target groups and registries, as any other task does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsops.errors import HeldBack, RegistryRefused
from ecsops.parallel import chunks
from ecsops.queue import send_later
from spot_drain.aws import Aws
from spot_drain.departure import Pass, check_of, leave_groups, leave_registries, note_refusals
from spot_drain.instance_round import SOON_S, Round
from spot_drain.interruption import Interruption
from spot_drain.messages import Leave, TaskCheck, encode
from spot_drain.occupants import Task
from spot_drain.targets import Entry, Service
from spot_drain.telling import tell_pass, tell_unlisted
from spot_drain.verification import Findings, moved

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_ENTRIES_PER_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Leaving:
    """``record`` and ``verify_later`` are the batch's: the second look and the report are the same."""

    aws: Aws
    sqs: SQSClient
    queue_url: str
    record: Callable[[Findings, float], set[str]]
    verify_later: Callable[[Sequence[TaskCheck], int], None]

    def groups(self, this: Round, now: float) -> set[str]:
        """Targets of what still runs; the second look and the report follow as for any other task.

        The tasks with which that failed, of which there may be groups that no second look knows.
        """
        failed: set[str] = set()
        pairs = _pairs(this.leaving)
        over: list[tuple[Interruption, Service]] = []
        if pairs:
            outcome = Pass()
            leave_groups(pairs, self.aws, outcome, now)
            note_refusals(pairs, self.aws, outcome)
            # Stopped in order while our own calls took their time: no one was too late for these.
            over, outcome.missed = outcome.missed, []
            gone = {one.task_arn for one, _ in over}
            outcome.done = outcome.succeeded(pair for pair in pairs if pair[0].task_arn not in gone)
            tell_pass(outcome, now + self.aws.time_since(now))
            self.verify_later(outcome.checks, 1)
            failed = {one.task_arn for one in outcome.failed}
        if by_ecs := [*_pairs(this.moved), *over]:
            self.record(moved(check_of(*pair) for pair in by_ecs), now)
        return failed

    def registries(self, tasks: Iterable[Task]) -> None:
        """The looks at the instances are scheduled by now: what fails is tried again by itself."""
        outcome = Pass()
        running = [task for task in tasks if not task.occupant.has_stopped]
        leave_registries(_pairs(running), self.aws, outcome)
        tell_unlisted(outcome)
        again = [
            e for e, error in outcome.unlisted.items() if not isinstance(error, RegistryRefused)
        ]
        bodies = [
            encode(Leave(tuple((e.registry_arn, e.instance_id) for e in part)))
            for part in chunks(again, _ENTRIES_PER_MESSAGE)
        ]
        send_later(self.sqs, self.queue_url, bodies, SOON_S)

    def again(self, leave: Leave) -> None:
        """Raises what still fails: the message is then tried again."""
        failed = self.aws.leave_registries(Entry(*each) for each in leave.entries)
        for error in failed.values():
            if not isinstance(error, HeldBack | RegistryRefused):
                raise error


def _pairs(tasks: Iterable[Task]) -> list[tuple[Interruption, Service]]:
    return [(t.one, t.service) for t in tasks if t.service and t.service.mode != "off"]
