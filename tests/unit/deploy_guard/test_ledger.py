"""What is remembered of a service."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from deploy_guard.ledger import (
    absorb,
    fitting,
    is_open,
    unhandled,
    with_handled,
    with_rows,
)
from deploy_guard.model import Bake, Ledger, Notice, Outcome
from deploy_guard.outline import outline
from deploy_guard.signals import Look, Noticed, TaskFailed
from tests.unit.deploy_guard.builders import container, never_started
from tests.unit.deploy_guard.situations import (
    BEGAN,
    SERVICE,
    changed,
    definition,
    deployment_arn,
    ecs_deployment,
    reality,
    row,
    service_deployment,
    version,
)


def failure(number, ecs_id="ecs-svc/43", revision=43):
    task = never_started(
        "x",
        task_arn=f"t{ecs_id}{number}",
        started_by=ecs_id,
        task_definition=definition(revision),
        stopped_at=BEGAN + 43_000 + number,
    )
    return TaskFailed(SERVICE, task, task.task_arn)


def test_a_ledger_stays_below_what_an_item_may_hold_and_keeps_what_is_newest():
    signals = [failure(n, f"ecs-svc/{m}") for m in range(30, 44) for n in range(12)]
    ledger = absorb(Ledger(SERVICE), signals)
    rows = tuple(row(number, reason="x" * 3_000) for number in range(43, 23, -1))
    ledger = changed(ledger, deployments=rows)
    most = 20_000
    assert len(msgspec.json.encode(ledger)) > most
    kept = msgspec.json.decode(fitting(ledger, most), type=Ledger)
    assert len(msgspec.json.encode(kept)) <= most
    assert kept.deployments[0] == rows[0]
    assert kept.failures[-1] == ledger.failures[-1]
    assert msgspec.json.decode(fitting(ledger, 10**6), type=Ledger) == ledger


def test_one_that_is_too_big_by_one_row_alone_is_written_as_it_is():
    ledger = Ledger(SERVICE, (row(reason="x" * 3_000),))
    assert fitting(ledger, 1_000) == msgspec.json.encode(ledger)


@given(st.lists(st.integers(0, 60), max_size=80))
def test_every_failed_task_is_counted_once_and_the_first_ones_are_kept(numbers):
    ledger = Ledger(SERVICE)
    for number in numbers:
        new = unhandled(ledger, [failure(number)])
        ledger = with_handled(absorb(ledger, new), new)
    assert ledger.counts.get("ecs-svc/43", 0) == len(set(numbers))
    assert len(ledger.failures) == min(12, len(set(numbers)))


def test_what_is_essential_is_known_of_a_failed_task_from_the_outline_of_its_version():
    definition_of_two = {
        "containerDefinitions": [{"name": "web"}, {"name": "proxy", "essential": False}]
    }
    outlined = row(outline=outline(definition_of_two, {}, BEGAN))
    told = failure(1)
    pair = (container(name="proxy"), container(name="web"))
    told = msgspec.structs.replace(told, task=msgspec.structs.replace(told.task, containers=pair))
    kept = absorb(Ledger(SERVICE, (outlined,)), [told]).failures[0]
    assert [one.essential for one in kept.containers] == [False, True]


def test_a_busy_deployment_does_not_crowd_out_another():
    signals = [failure(n, "ecs-svc/42") for n in range(3)] + [failure(n) for n in range(99)]
    kept = absorb(Ledger(SERVICE), signals).failures
    assert sum(one.started_by == "ecs-svc/42" for one in kept) == 3


def test_handled_events_are_known_and_our_own_messages_never_are():
    look, task, other = Look(SERVICE), failure(1), failure(2)
    ledger = with_handled(Ledger(SERVICE), [task, look])
    assert unhandled(ledger, [task, look, other, other]) == [look, other]


def test_a_ledger_stays_small():
    ledger = Ledger(SERVICE)
    for n in range(1000):
        notice = Noticed(SERVICE, Notice("placement", float(n), "no room"), f"k{n}")
        signals = [notice, failure(n, f"ecs-svc/{n}")]
        ledger = with_handled(absorb(ledger, signals), signals)
    assert len(ledger.notices) <= 40
    assert len(ledger.failures) <= 48
    assert len(ledger.handled) <= 600
    assert len(ledger.counts) <= 20


def test_a_deployment_gets_a_row_and_its_ecs_id():
    ledger = with_rows(Ledger(SERVICE), reality(service_deployment(43, source=42)))
    (found,) = ledger.deployments
    assert (found.id, found.ecs_id) == (deployment_arn(43), "ecs-svc/43")
    assert (found.target, found.source) == (version(43), version(42))


def test_the_past_gets_no_rows_but_what_came_while_nobody_looked_does():
    old = [service_deployment(n, "SUCCESSFUL") for n in (40, 41)]
    first = with_rows(Ledger(SERVICE), reality(*old, service_deployment(42)))
    assert [one.id for one in first.deployments] == [deployment_arn(42)]
    later = with_rows(first, reality(*old, *map(service_deployment, (42, 43, 44))))
    assert [one.id for one in later.deployments] == [deployment_arn(n) for n in (44, 43, 42)]


def test_the_ecs_id_is_found_by_failed_tasks_when_the_deployment_is_gone():
    seen = reality(
        service_deployment(43, "ROLLBACK_SUCCESSFUL", source=42),
        deployments=(ecs_deployment(42, created=BEGAN),),
    )
    known = absorb(Ledger(SERVICE), [failure(1), failure(2, "ecs-svc/9", revision=9)])
    assert with_rows(known, seen).deployments[0].ecs_id == "ecs-svc/43"


def test_an_id_that_comes_back_in_a_rollback_stays_with_its_first_deployment():
    seen = reality(service_deployment(42, "SUCCESSFUL"))
    ledger = with_rows(Ledger(SERVICE), seen)
    back = ecs_deployment(42, created=BEGAN + 42_000)
    again = reality(
        service_deployment(42, "SUCCESSFUL"),
        service_deployment(43, "ROLLBACK_IN_PROGRESS", began=BEGAN + 42_060),
        deployments=(back,),
        versions={},
    )
    ledger = with_rows(ledger, again)
    assert ledger.find(deployment_arn(43)).ecs_id is None
    assert ledger.find("ecs-svc/42").id == deployment_arn(42)


def test_what_is_known_of_a_version_is_not_forgotten():
    bare = changed(version(43), content_hash=None)
    seen = reality(service_deployment(43), versions={})
    ledger = Ledger(SERVICE, deployments=(row(target=version(43)),))
    again = with_rows(ledger, seen).deployments[0]
    assert again.target.content_hash == "c43"
    same_revision = changed(seen, versions={service_deployment(43).target: bare})
    assert with_rows(ledger, same_revision).deployments[0].target.content_hash == "c43"


def test_an_end_is_an_end():
    assert is_open(row())
    assert is_open(row(outcome=Outcome.FAILED))
    assert is_open(row(outcome=Outcome.SUCCEEDED, bake=Bake(0, 1)))
    assert not is_open(row(outcome=Outcome.SUCCEEDED, bake=Bake(0, 1, over=True)))
    assert not is_open(row(outcome=Outcome.SUCCEEDED))
    assert not is_open(row(outcome=Outcome.ROLLED_BACK))
