"""Scenario 10: how often the guard acts, and what becomes of what it leaves."""

from __future__ import annotations

import pytest

from deploy_guard.audit import Audit, AuditRow, Noted
from deploy_guard.ledger_store import LedgerStore
from sandbox.ecs import App
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import SECRET, Observed

BROKEN = App.without_secret(SECRET)
HOUR = 3600


@pytest.fixture
def guard(operate):
    guard = Observed(operate([web()]))
    guard.tag(rollback="auto")
    return guard


def told(guard):
    return "\n".join(f"{one['title']}\n{one['summary']}" for one in guard.alerts())


def acted(guard, *ago):
    """Rollbacks of earlier deployments, so many seconds ago."""
    table = guard.world.stack.ref("DeployGuardTable")
    dynamodb = guard.account.client("dynamodb")
    for number, seconds in enumerate(ago):
        row = AuditRow(
            guard.service,
            f"earlier-{number}",
            guard.account.clock.now() - seconds,
            "REQUESTED",
            executed=True,
            calls=(),
            why="it failed",
        )
        known = LedgerStore(dynamodb, table).read([guard.service])[guard.service]
        assert Audit(dynamodb, table).act(row, known, f"{number}") is Noted.NEW


def test_s10_the_third_bad_version_in_a_day_stays_with_people_also_when_the_day_is_over(guard):
    acted(guard, 23.8 * HOUR, 5 * HOUR)
    guard.release(app=BROKEN, seconds=0.5 * HOUR)
    assert guard.writes() == []
    assert "Not rolled back: 2 of at most 2 rollbacks in 24 hours, a person has to" in told(guard)
    assert guard.orders() == []
    # Whatever fails a day after the first has its own turn.
    guard.release(app=BROKEN, seconds=0.2 * HOUR)
    assert guard.writes() == ["StopServiceDeployment"]


def test_s10_a_rollback_that_waits_for_the_cool_off_says_until_when_and_comes(guard):
    guard.release(app=BROKEN, seconds=600)
    (asked,) = guard.world.calls("StopServiceDeployment", outcome="ok")
    guard.world.trace.clear()
    guard.release(app=BROKEN, seconds=600)
    assert guard.writes() == []
    assert "the cool-off is 30" in told(guard)
    assert "Waiting until " in told(guard)
    guard.account.run_for(1200)
    assert guard.writes() == ["StopServiceDeployment"]
    (again,) = guard.world.calls("StopServiceDeployment", outcome="ok")
    assert 1800 <= again.at - asked.at < 2000
