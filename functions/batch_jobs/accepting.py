"""What comes to the submit queue: specs, commands, our own follow-ups, and the tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from batch_jobs import messages, shards
from batch_jobs.checking import Checking
from batch_jobs.closing import Closing
from batch_jobs.endings import Runs
from batch_jobs.ids import BY_FAMILY, job_of, run_by_hand, run_of_slot
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.messages import Cancel, Command, FollowUp, Pause, Rerun
from batch_jobs.missing import Missing
from batch_jobs.refusing import Refusing
from batch_jobs.rows import JobRow, Plan, Request, RunRow, plan_key, request_key, run_key
from batch_jobs.run import StopAsked
from batch_jobs.spec import Spec
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec, parse_spec
from batch_jobs.starting import Starting
from batch_jobs.stopping import Stopping
from batch_jobs.submitting import Submitting
from batch_jobs.times import parse_slot
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.parallel import raised, run_all
from ecsops.queue import Message

_QUIET_S = 86_400.0
_OFF = Problem("$", "BatchJobsMode is off", "send it again when it is on")


@dataclass(frozen=True, slots=True)
class Desk:
    """Works on the submit queue's messages: those of a job in turn, different jobs side by side."""

    ledger: Ledger
    jobs: Jobs
    runs: Runs
    submitting: Submitting
    refusing: Refusing
    starting: Starting
    stopping: Stopping
    closing: Closing
    checking: Checking
    missing: Missing
    off: bool = False

    def work(self, batch: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        jobs: dict[str, list[Message]] = {}
        for message in batch:
            jobs.setdefault(messages.job_in(message.body), []).append(message)
        answers = run_all([partial(self._in_turn, of_job, now) for of_job in jobs.values()])
        return set().union(*map(raised, answers))

    def _in_turn(self, batch: Sequence[Message], now: float) -> set[str]:
        failed: set[str] = set()
        for message in batch:
            try:
                self._one(message, now)
            except InvalidMessage as error:
                count("RejectedMessages")
                logger.error(
                    "message rejected", path=error.path, reason=error.problem, message_id=message.id
                )
                failed.add(message.id)
            except CALL_ERRORS as error:
                logger.exception("message not worked on", reason=str(error), message_id=message.id)
                failed.add(message.id)
        return failed

    def _one(self, message: Message, now: float) -> None:
        found = messages.read(message.body)
        if found == "tick":
            self._tick(now)
        elif found is None:
            self._spec(message, now)
        elif isinstance(found, FollowUp):
            self._follow_up(found, now)
        else:
            self._command(found, message, now)

    def _spec(self, message: Message, now: float) -> None:
        slot, spec = None, None
        try:
            spec = parse_spec(message.body)
            slot = None if spec.slot is None else parse_slot(spec.slot)
            self._accept(spec, slot, message, now)
        except InvalidSpec as error:
            self.refusing.refuse(error, slot, now, spec)

    def _accept(self, spec: Spec, slot: float | None, message: Message, now: float) -> None:
        if self.off and slot is None:
            raise InvalidSpec((_OFF,), spec.job)
        if self.off:
            # A schedule's slot is made up for, or recorded as missed, once it is on again.
            logger.warning("spec not accepted: BatchJobsMode is off", message_id=message.id)
            count("SpecsRefused")
            return
        run = (
            self._by_hand(spec.job, spec.key, message, now)
            if slot is None
            else run_of_slot(spec.job, slot)
        )
        self.submitting.submit(spec, run, now)

    def _follow_up(self, found: FollowUp, now: float) -> None:
        match found.batch_jobs:
            case "start":
                self.starting.look(found.run, now)
            case "stop":
                self.stopping.step(found.run, now)
            case "finish":
                self.closing.close(found.run, now)
            case "check":
                self.checking.check(found.job, now, sweep=found.sweep)

    def _command(self, command: Command, message: Message, now: float) -> None:
        match command:
            case Cancel(run, by):
                reason = f"cancelled by {by}" if by else "cancelled"
                if self.runs.apply(run, StopAsked(by, reason), now) is None:
                    self._unknown(command, run)
            case Rerun():
                self._rerun(command, message, now)
            case _:
                self._pause(command.job, now, paused=isinstance(command, Pause))

    def _pause(self, job: str, now: float, *, paused: bool) -> None:
        def change(row: JobRow) -> JobRow:
            # What falls into the pause was skipped, not missed.
            settled = row.settled if paused or not row.paused else now
            return msgspec.structs.replace(row, paused=paused, settled=settled)

        self.jobs.change(job, change, now)

    def _by_hand(self, job: str, key: str | None, message: Message, now: float) -> str:
        """The run of a request: with a key the same one, however often it is sent."""
        run = run_by_hand(job, message.id, message.sent_at or now)
        if key is None or self.ledger.create(request_key(job, key), Request(run=run), now):
            return run
        known = self.ledger.get(request_key(job, key), Request)
        return known.row.run if known else run

    def _rerun(self, command: Rerun, message: Message, now: float) -> None:
        run = command.run
        known = self.ledger.get(run_key(run), RunRow)
        plan = self.ledger.get(plan_key(run), Plan)
        if known is None or plan is None:
            self._unknown("rerun", run)
            return
        only = (
            shards.decode(known.row.failed)
            if command.failed_shards
            else shards.all_of(plan.row.count)
        )
        if not only:
            logger.warning("nothing to run again: no shard failed", run=run)
            return
        again = self._by_hand(job_of(run), command.key, message, now)
        self.submitting.again(plan.row, again, only, now, command.by)

    @staticmethod
    def _unknown(command: object, run: str) -> None:
        count("RejectedMessages")
        logger.error("no such run", run=run, command=str(command))

    def _tick(self, now: float) -> None:
        """The work on each job is a message of its own: one that fails does not hold up others.

        A thousand jobs may share a family: its tasks are listed once.
        """
        every = list(self.jobs.all())
        jobs = [row for row in every if not row.foreign]
        sweepers = {(row.cluster, row.family): row.job for row in jobs if row.family}.values()
        busy = [row for row in jobs if row.holds_runs or row.job in sweepers]
        self.runs.tell([messages.check(row.job, sweep=row.job in sweepers) for row in busy])
        self.runs.pump()
        for row in every:
            if row.job.startswith(BY_FAMILY) and now - row.updated > _QUIET_S:
                how = "No call of RunTask has failed for a day."
                self.jobs.close(row.job, ("failed",), how, now)
            self._forget_refusals(row, now)
        if not self.off:
            self.missing.look(now)

    def _forget_refusals(self, row: JobRow, now: float) -> None:
        """A name under which nothing was ever accepted may have been the mistake: nothing ends it."""
        over = [
            kind
            for kind, since in row.incidents.items()
            if kind.startswith("refused") and not row.family and now - since > _QUIET_S
        ]
        self.jobs.close(row.job, over, "That was a day ago: the next one is told anew.", now)
