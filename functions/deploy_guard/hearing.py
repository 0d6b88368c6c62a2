"""The log of a task that crashed like the one before it: asked without a look at the service.

Only where the log says that trying again cannot help there is more to be done than to remember it.
"""

from __future__ import annotations

import msgspec

from deploy_guard import investigation
from deploy_guard.causes import Signals, diagnose, trips
from deploy_guard.failures import FailedTask, is_unclear
from deploy_guard.investigation import Investigator
from deploy_guard.ledger import is_open, with_row
from deploy_guard.ledger_store import Known
from deploy_guard.model import Ledger
from deploy_guard.signals import TaskFailed
from deploy_guard.symptoms import FEWEST


def hears(known: Known, signal: TaskFailed) -> bool:
    """Whether the log is to be asked before anybody looks at the service."""
    of, ledger = signal.task.started_by, known.ledger
    row = ledger.find(of)
    if row is None or not is_open(row) or ledger.counts.get(of, 0) >= FEWEST:
        return False
    noted = any(one.key == signal.key for one in known.notes)
    # Notes of others would be handled with this one, and nobody would have looked.
    if not noted or any(one.task.started_by != of for one in known.notes):
        return False
    tasks = _tasks(known, signal)
    if any(is_unclear(task) for task in tasks):
        return False
    # Where the log is stands in the task definition.
    return investigation.wants_log(row, diagnose(tasks)) and row.outline is not None


def heard(
    known: Known, signal: TaskFailed, investigator: Investigator, now: float
) -> Ledger | None:
    """The ledger with what the log says, if nothing else comes of it; None: look at the service."""
    row = known.ledger.find(signal.task.started_by)
    if row is None or not hears(known, signal):
        return None
    tasks = _tasks(known, signal)
    evidence = investigator.logs(row, diagnose(tasks), known.ledger, now)
    said = investigation.heard(evidence)
    if trips(diagnose(tasks, Signals(log_lines=said.log_lines))):
        return None
    return with_row(known.ledger, msgspec.structs.replace(row, heard=said))


def _tasks(known: Known, signal: TaskFailed) -> list[FailedTask]:
    return [one for one in known.ledger.failures if one.started_by == signal.task.started_by]
