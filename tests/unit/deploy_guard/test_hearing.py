"""A log that says nothing decisive is remembered, and the service is left alone."""

import pytest

from deploy_guard import hearing
from deploy_guard.evidence.gathering import Clients
from deploy_guard.investigation import Investigator
from deploy_guard.ledger import absorb
from deploy_guard.ledger_store import Known
from deploy_guard.model import Heard, Ledger, Outcome
from deploy_guard.outline import outline
from deploy_guard.signals import TaskFailed
from tests.unit.deploy_guard.builders import exited
from tests.unit.deploy_guard.situations import SERVICE, definition, row
from tests.unit.spot_drain.fakes import FakeClient

NOW = 1_000.0
OPTIONS = {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "app"}
DEFINITION = {
    "containerDefinitions": [
        {"name": "web", "logConfiguration": {"logDriver": "awslogs", "options": OPTIONS}}
    ]
}
OUTLINE = outline(DEFINITION, {}, NOW)


def crash(number, code=1):
    task = exited(code, started_by="ecs-svc/43", task_definition=definition(43))
    return TaskFailed(SERVICE, task, f"key{number}")


def hear(*tasks, said="KeyError: 'X'", noted=True, beside=(), **fields):
    """What becomes of the last task; and the calls that it took."""
    logs = FakeClient({"get_log_events": {"events": [{"message": said}]}})
    clients = Clients(lambda _: logs)
    ledger = absorb(Ledger(SERVICE, (row(**({"outline": OUTLINE} | fields)),)), tasks)
    known = Known(ledger, 1, notes=(*tasks, *beside) if noted else ())
    found = hearing.heard(known, tasks[-1], Investigator(None, clients), NOW)
    return found, [call for call, _ in logs.calls]


def test_the_log_of_the_second_crash_is_remembered_with_all_its_lines():
    ledger, calls = hear(crash(1), crash(2), said="starting\nKeyError: 'X'")
    heard = ledger.deployments[0].heard
    assert heard.log_lines == ("KeyError: 'X'",)
    assert heard.logs.lines == ("starting", "KeyError: 'X'")
    assert calls == ["get_log_events"]


def test_what_trying_again_cannot_help_is_looked_at_at_once():
    assert hear(crash(1), crash(2), said="exec /app: exec format error")[0] is None


@pytest.mark.parametrize(
    ("tasks", "fields"),
    [
        ([crash(1)], {}),
        ([crash(1), crash(2, code=2)], {}),
        ([crash(1), crash(2), crash(3)], {}),
        ([crash(1), crash(2)], {"outline": None}),
        ([crash(1), crash(2)], {"heard": Heard()}),
        ([crash(1), crash(2)], {"outcome": Outcome.ROLLED_BACK}),
        ([crash(1), crash(2)], {"noted": False}),
    ],
)
def test_nobody_is_asked_where_it_is_too_early_too_late_or_not_known_where(tasks, fields):
    assert hear(*tasks, **fields) == (None, [])


def test_a_note_of_another_deployment_is_not_made_handled_without_a_look():
    task = exited(1, started_by="ecs-svc/44", task_definition=definition(44))
    other = TaskFailed(SERVICE, task, "key of another")
    assert hear(crash(1), crash(2), beside=[other]) == (None, [])
