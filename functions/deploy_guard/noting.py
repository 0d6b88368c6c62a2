"""Signals that are only noted: nothing can come of them yet, so AWS need not be asked."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_guard import investigation, watch
from deploy_guard.causes import diagnose, trips
from deploy_guard.failures import is_unclear
from deploy_guard.ledger import absorb, is_open, is_told_failed, unhandled, with_handled
from deploy_guard.ledger_store import Known
from deploy_guard.model import Deployment, Ledger, Outcome
from deploy_guard.scene import Outbox, Visited
from deploy_guard.signals import OfService, TaskFailed
from deploy_guard.symptoms import FEWEST


def matters(signal: OfService, ledger: Ledger) -> bool:
    """One more task of a deployment that has failed, or has ended, tells nothing new about it."""
    if not isinstance(signal, TaskFailed):
        return True
    row = ledger.find(signal.task.started_by)
    if row is None or any(_goes_back(one) and one is not row for one in ledger.deployments):
        return True
    return is_open(row) and not is_told_failed(row)


def _goes_back(row: Deployment) -> bool:
    """Tasks of an older deployment, which has long ended, tell what becomes of its rollback."""
    return row.outcome is Outcome.ROLLING_BACK


def changes_nothing(known: Known, signals: Sequence[OfService]) -> bool:
    """Whether these and the notes are failed tasks, too few yet to condemn what they are of.

    Where ECS itself condemns it after fewer, it says so in an event. Whoever saves the ledger makes notes
    handled: one whose own look never ended is to be looked at before.
    """
    after = absorb(known.ledger, signals)
    return all(_is_one_of_few(one, after) for one in (*signals, *known.notes))


def is_done(known: Known, signal: TaskFailed) -> bool:
    """Whether nothing is left to do for a failed task: it was heard of before, or noted, or is no news."""
    if not unhandled(known.ledger, [signal]) or not matters(signal, known.ledger):
        return True
    kept = any(one.key == signal.key for one in known.notes)
    return kept and changes_nothing(known, [signal])


def noted(ledger: Ledger, signals: Sequence[OfService], now: float) -> Visited:
    """The ledger with what the signals say, and nothing else."""
    ledger = with_handled(absorb(ledger, signals), signals)
    return Visited(ledger, watch.due(ledger, now), Outbox())


def _is_one_of_few(signal: OfService, after: Ledger) -> bool:
    if not isinstance(signal, TaskFailed):
        return False
    of = signal.task.started_by
    row = after.find(of)
    if row is None or not is_open(row) or after.counts.get(of, 0) >= FEWEST:
        return False
    tasks = [task for task in after.failures if task.started_by == of]
    diagnosis = diagnose(tasks)
    if trips(diagnosis) or investigation.wants_witness(row, diagnosis):
        return False
    return not any(is_unclear(task) for task in tasks)
