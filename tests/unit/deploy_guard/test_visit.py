"""What a look learns before it judges: every failed task counts once."""

import pytest

from deploy_guard.ledger import absorb, with_handled
from deploy_guard.ledger_store import Known
from deploy_guard.model import Ledger
from deploy_guard.signals import DeploymentChanged, TaskFailed
from deploy_guard.visit import learned
from tests.unit.deploy_guard.builders import never_started
from tests.unit.deploy_guard.situations import BEGAN, SERVICE, definition, reality, row

COUNTED = "ecs-svc/43"


def task_failed(number, *, ended=False):
    task = never_started(
        "ResourceInitializationError: no route",
        task_arn=f"task/{number:03}",
        started_by=COUNTED,
        task_definition=definition(43),
        stopped_at=BEGAN + 43_000 + number,
        ended=ended,
    )
    keys = f"{number}a", f"{number}b"
    return TaskFailed(SERVICE, task, keys[ended], keys[not ended])


@pytest.mark.parametrize("number", [3, 12, 13, 20])
def test_also_tasks_of_which_no_samples_are_kept_count_once(number):
    ledger = Ledger(SERVICE, (row(),))
    for one in range(number):
        for ended in (False, True):
            signal = task_failed(one, ended=ended)
            ledger = with_handled(learned(Known(ledger), [signal], reality()), [signal])
    assert ledger.counts == {COUNTED: number}
    assert len(ledger.failures) == min(12, number)


@pytest.mark.parametrize("ended", [False, True])
def test_what_was_noted_counts_once_when_its_look_comes(ended):
    """Twenty are noted, because no look came to an end; then their events come again, or their ends."""
    notes = tuple(task_failed(number) for number in range(20))
    known = Known(absorb(Ledger(SERVICE, (row(),)), notes), 1, notes=notes)
    again = [task_failed(number, ended=ended) for number in range(20)]
    assert learned(known, again, reality()).counts == {COUNTED: 20}


def test_the_word_of_ecs_finds_the_row_that_comes_with_the_look():
    says = DeploymentChanged(SERVICE, COUNTED, "SERVICE_DEPLOYMENT_FAILED", BEGAN, "why", "key")
    found = learned(Known(Ledger(SERVICE)), [says], reality())
    assert found.find(COUNTED).failed_at == BEGAN
