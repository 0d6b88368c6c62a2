"""A look of which something could not be sent: the ledger is written, and everything is told later."""

import pytest

from deploy_guard.ledger import is_open
from deploy_guard.ledger_store import Due
from deploy_guard.model import Judged, Ledger, Outcome
from deploy_guard.scene import Outbox, Visited
from deploy_guard.signals import Look, TaskFailed
from deploy_guard.untold import untold
from tests.unit.deploy_guard.builders import never_started
from tests.unit.deploy_guard.situations import BEGAN, SERVICE, row, version

NOW = BEGAN + 300
TASK = TaskFailed(SERVICE, never_started("x"), "task-key")
EVENT = Look(SERVICE, "an alarm went off", "event-key")
BEFORE = row(outcome=Outcome.IN_PROGRESS, told=("started",))
FAILED = row(
    outcome=Outcome.FAILED,
    told=("started", "failed"),
    owed=("log",),
    asked=1,
    ordered_at=NOW,
    failed_at=NOW,
)


def after(looked, before=BEFORE):
    handled = ("old", "task-key", "event-key")
    judged = (Judged(version(43), False, BEGAN, looked.id, "oom"),)
    ledger = Ledger(SERVICE, (looked,), judged, handled=handled)
    known = Ledger(SERVICE, (before,) if before else (), handled=("old",))
    return untold(known, Visited(ledger, Due(NOW + 900), Outbox()), [TASK, EVENT], NOW)


def test_what_the_executor_judges_by_stands_and_nothing_has_been_told():
    found = after(FAILED)
    (kept,) = found.ledger.deployments
    assert (kept.outcome, kept.ordered_at) == (Outcome.FAILED, NOW)
    assert (kept.told, kept.owed, kept.asked) == (("started",), (), 0)
    assert found.ledger.judged
    assert found.due.at <= NOW + 60


def test_its_messages_are_looked_at_again_but_no_failed_task_counts_twice():
    assert after(FAILED).ledger.handled == ("old", "task-key")


@pytest.mark.parametrize("before", [BEFORE, None])
@pytest.mark.parametrize(
    "outcome", [Outcome.ROLLED_BACK, Outcome.SUPERSEDED, Outcome.ROLLBACK_FAILED]
)
def test_an_end_that_was_not_told_is_no_end_yet(outcome, before):
    found = after(row(outcome=outcome, told=("failed", "rolled-back")), before)
    (kept,) = found.ledger.deployments
    assert is_open(kept)
    assert "rolled-back" not in kept.told
    assert found.due.at <= NOW + 60
