"""Failed tasks noted in the item of a ledger, against a real condition evaluator (moto)."""

import msgspec
import pytest

from deploy_guard import noting
from deploy_guard.ledger import awaited
from deploy_guard.ledger_store import Due, Known, LedgerStore
from deploy_guard.model import Judged, Ledger, Outcome
from deploy_guard.notes import Notes
from deploy_guard.signals import TaskFailed
from sandbox.cli import guard_forgive
from tests.unit.deploy_guard.builders import never_started
from tests.unit.deploy_guard.conftest import TABLE
from tests.unit.deploy_guard.situations import BEGAN, SERVICE, changed, definition, row, version

NOW = BEGAN + 43_100


def task_failed(number, *, ended=False, of="ecs-svc/43"):
    task = never_started(
        "ResourceInitializationError: no route",
        task_arn=f"task/{number}",
        started_by=of,
        task_definition=definition(43),
        stopped_at=NOW + number,
        ended=ended,
    )
    keys = [f"{number:08x}{of[-2:]}0", f"{number:08x}{of[-2:]}1"]
    return TaskFailed(SERVICE, task, keys[ended], keys[not ended])


class Service:
    """A ledger in its table, and what is noted in it."""

    def __init__(self, dynamodb, *rows):
        self.store, self.notes = LedgerStore(dynamodb, TABLE), Notes(dynamodb, TABLE)
        self.dynamodb = dynamodb
        if rows:
            self.save(self.known, Ledger(SERVICE, rows))

    @property
    def known(self):
        return self.store.read([SERVICE])[SERVICE]

    def save(self, known, ledger):
        return self.store.save(known, ledger, Due(NOW + 60), NOW)

    def done(self, *signals):
        return [noting.is_done(self.notes.add(one), one) for one in signals]


@pytest.fixture
def service(dynamodb):
    return Service(dynamodb, row())


def test_one_call_notes_a_task_and_reads_the_ledger(service):
    found = service.notes.add(task_failed(1))
    assert found.ledger.counts == {"ecs-svc/43": 1}
    assert found.ledger.deployments == (row(),)
    assert [one.key for one in found.notes] == [task_failed(1).key]
    assert found == service.known


def test_too_few_are_done_and_the_third_is_to_be_looked_at(service):
    assert service.done(task_failed(1), task_failed(2), task_failed(3)) == [True, True, False]
    assert service.known.ledger.counts == {"ecs-svc/43": 3}


def test_copies_and_the_second_event_of_a_task_change_no_number(service):
    copies = [task_failed(1), task_failed(1), task_failed(1, ended=True), task_failed(2)]
    assert all(service.done(*copies, task_failed(2, ended=True), task_failed(1)))
    known = service.known
    assert known.ledger.counts == {"ecs-svc/43": 2}
    assert all(task.ended for task in known.ledger.failures)


def test_a_copy_writes_nothing(service):
    service.notes.add(task_failed(1))
    before = service.known.version
    service.notes.add(task_failed(1))
    assert service.known.version == before


def test_whoever_read_before_a_note_does_not_wipe_it_out(service):
    before = service.known
    service.notes.add(task_failed(1))
    assert not service.save(before, before.ledger)
    assert service.known.ledger.counts == {"ecs-svc/43": 1}


def test_a_look_takes_the_notes_over_as_handled(service):
    service.done(task_failed(1), task_failed(2))
    known = service.known
    assert service.save(known, known.ledger)
    after = service.known
    assert after.notes == ()
    assert after.ledger.counts == {"ecs-svc/43": 2}
    assert set(after.ledger.handled) == {task_failed(1).key, task_failed(2).key}
    version = after.version
    assert service.done(task_failed(1), task_failed(2)) == [True, True]
    assert service.known.version == version


def test_one_whose_look_never_ended_is_looked_at_when_it_comes_again(service):
    signals = [task_failed(1), task_failed(2), task_failed(3)]
    service.done(*signals)
    assert service.done(task_failed(3)) == [False]


@pytest.mark.parametrize(
    ("rows", "done"),
    [
        ((), False),
        ((row(42),), False),
        ((row(outcome=Outcome.FAILED, told=("failed",)),), True),
        ((row(outcome=Outcome.ROLLED_BACK),), True),
    ],
)
def test_of_a_deployment_that_awaits_none_nothing_is_written(dynamodb, rows, done):
    service = Service(dynamodb, *rows)
    assert service.done(task_failed(1)) == [done]
    assert service.known.notes == ()


def test_a_ledger_that_was_written_before_there_were_notes_is_looked_at(dynamodb):
    service = Service(dynamodb, row())
    service.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"ledger#{SERVICE}"}},
        UpdateExpression="REMOVE awaited, noted",
    )
    assert service.done(task_failed(1)) == [False]
    assert service.known == Known(Ledger(SERVICE, (row(),)), 1)


def test_an_item_is_not_filled_up_where_looks_fail(service):
    for number in range(60):
        service.notes.add(task_failed(number))
    assert len(service.known.notes) == 40


def test_deployments_await_their_tasks_until_it_is_known_what_became_of_them():
    open_rows = (row(), row(44, outcome=Outcome.ROLLED_BACK), row(45, outcome=Outcome.STALLED))
    ledger = Ledger(SERVICE, open_rows, counts={"ecs-svc/45": 3})
    assert awaited(ledger) == {"ecs-svc/43"}
    assert awaited(msgspec.structs.replace(ledger, counts={})) == {"ecs-svc/43", "ecs-svc/45"}


def test_a_note_whose_look_never_ended_is_looked_at_before_anybody_makes_it_handled(dynamodb):
    """The third of 43 was noted, and the look failed; then tasks of 44 come, alone or together."""
    service = Service(dynamodb, row(44), row())
    service.done(*(task_failed(number) for number in (1, 2, 3)))
    others = [task_failed(number, of="ecs-svc/44") for number in (4, 5)]
    assert not noting.changes_nothing(service.known, others)
    assert service.done(others[0]) == [False]


def test_notes_that_are_too_few_ask_for_no_look(dynamodb):
    service = Service(dynamodb, row(44), row())
    service.done(task_failed(1), task_failed(2))
    others = [task_failed(number, of="ecs-svc/44") for number in (4, 5)]
    assert noting.changes_nothing(service.known, others)


def test_where_a_person_writes_the_ledger_what_is_noted_is_looked_at_at_once(dynamodb):
    service = Service(dynamodb)
    bad = Judged(version(41), False, BEGAN, "d", "oom")
    service.save(service.known, Ledger(SERVICE, (row(),), (bad,)))
    assert forgiven_and_due(dynamodb, "web:41") == NOW + 60
    service.save(service.known, changed(service.known.ledger, judged=(bad,)))
    service.done(*(task_failed(number) for number in (1, 2, 3)))
    assert forgiven_and_due(dynamodb, "web:41") == NOW


def forgiven_and_due(dynamodb, name):
    guard_forgive.forgive(dynamodb, TABLE, SERVICE, name, "ann", NOW)
    key = {"pk": {"S": f"ledger#{SERVICE}"}}
    return float(dynamodb.get_item(TableName=TABLE, Key=key)["Item"]["at"]["N"])
