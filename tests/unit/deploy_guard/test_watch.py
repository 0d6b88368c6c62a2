"""When a service is looked at next, though nothing happens."""

import pytest

from deploy_guard.bake import AFTERMATH_S
from deploy_guard.model import Bake, Follows, Ledger, Outcome
from deploy_guard.watch import due
from tests.unit.deploy_guard.situations import BEGAN, SERVICE, row

NOW = BEGAN + 50_000
BAKE = Bake(NOW - 60, NOW + 840, ("errors",))
OVER = Bake(NOW - 900, NOW - 10, ("errors",), over=True)


def looked_at(**fields):
    """Seconds until the next look, and the alarms of interest; None: never."""
    found = due(Ledger(SERVICE, (row(**fields),)), NOW)
    return None if found is None else (found.at - NOW, set(found.alarms))


@pytest.mark.parametrize("outcome", [Outcome.IN_PROGRESS, Outcome.ROLLING_BACK, Outcome.UNKNOWN])
def test_what_is_under_way_is_looked_at_each_minute(outcome):
    assert looked_at(outcome=outcome) == (60, set())


def test_what_has_no_tasks_is_looked_at_less_and_less():
    assert looked_at(outcome=Outcome.IN_PROGRESS, idle_at=NOW) == (700, set())
    up = {"idle_at": NOW - 90, "progress_at": NOW - 30}
    assert looked_at(outcome=Outcome.IN_PROGRESS, **up) == (60, set())


@pytest.mark.parametrize("outcome", [Outcome.ROLLED_BACK, Outcome.SUPERSEDED])
def test_what_has_ended_is_not_looked_at(outcome):
    assert looked_at(outcome=outcome) is None


@pytest.mark.parametrize(("age", "wait"), [(30, 60), (3_000, 300), (90_000, 900)])
def test_what_is_left_to_people_is_looked_at_less_and_less(age, wait):
    assert looked_at(outcome=Outcome.FAILED, failed_at=NOW - age) == (wait, set())


def test_what_is_owed_is_asked_for_within_the_minute():
    fields = {"outcome": Outcome.FAILED, "failed_at": NOW - 90_000, "owed": ("log",)}
    assert looked_at(**fields) == (60, set())


def test_a_watch_is_looked_at_after_its_end_which_a_schedule_tells():
    assert looked_at(outcome=Outcome.SUCCEEDED, bake=BAKE) == (840 + 90, {"errors"})


def test_its_alarms_are_of_interest_for_an_hour_more():
    wait = OVER.ends_at + AFTERMATH_S - NOW
    assert looked_at(outcome=Outcome.SUCCEEDED, bake=OVER) == (wait, {"errors"})
    quiet = Bake(OVER.began, OVER.ends_at, over=True)
    assert looked_at(outcome=Outcome.SUCCEEDED, bake=quiet) is None
    long_ago = Bake(0, NOW - AFTERMATH_S - 1, ("errors",), over=True)
    assert looked_at(outcome=Outcome.SUCCEEDED, bake=long_ago) is None


def test_one_that_follows_another_is_looked_at_each_minute_until_that_is_over():
    follows = Follows("s", "d", "shop", "i", NOW)
    assert looked_at(outcome=Outcome.SUCCEEDED, follows=follows) == (60, set())


def test_we_called_it_stuck_and_ecs_still_tries():
    stuck = {"outcome": Outcome.ROLLBACK_FAILED, "failed_at": NOW - 30}
    assert looked_at(**stuck, by="guard") == (60, set())
    assert looked_at(**stuck, by="ecs") is None


def test_the_earliest_look_of_all_deployments_counts():
    rows = (row(44, outcome=Outcome.SUCCEEDED, bake=BAKE), row(43, outcome=Outcome.IN_PROGRESS))
    found = due(Ledger(SERVICE, rows), NOW)
    assert found.at == NOW + 60
    assert found.alarms == {"errors"}
