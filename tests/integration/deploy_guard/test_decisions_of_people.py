"""``ecs-ops guard freeze|unfreeze|forgive``, on the table of the shipped stack."""

from __future__ import annotations

import argparse

import pytest

from sandbox.cli import guard_freeze, guard_query, main
from sandbox.cli.guard_options import guard_options
from sandbox.cli.guard_report import history_lines
from sandbox.ecs import App
from sandbox.errors import SandboxError
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.condemned import set_alarm
from tests.integration.deploy_guard.guarded import Guard, guarded
from tests.integration.deploy_guard.observed import SECRET, Observed


@pytest.fixture
def guard(operate):
    return Guard(operate([guarded()]))


def said(guard, *words):
    parser = argparse.ArgumentParser()
    guard_options(parser)
    arguments = parser.parse_args([*words, "--by", "ann"])
    return guard_freeze.run(arguments, guard.client, guard.table)


def test_a_frozen_service_is_left_alone_until_it_is_lifted(guard):
    guard.fail()
    assert "nothing is rolled back until" in said(guard, "freeze", "prod/web", "--for", "999999d")
    (freeze,) = guard.known.freezes
    assert (freeze.scope, freeze.by) == (guard.arn, "ann")
    guard.carry_out()
    assert guard.rollbacks == []
    assert "may be rolled back again" in said(guard, "unfreeze", "prod/web")
    guard.carry_out()
    assert len(guard.rollbacks) == 1


@pytest.mark.parametrize("scope", ["all", "prod"])
def test_a_cluster_and_everything_can_be_frozen(guard, scope):
    said(guard, "freeze", scope)
    assert len(guard.known.freezes) == 1


def test_a_forgiven_version_is_no_longer_bad(guard):
    row = guard.fail()
    assert guard.known.ledger.bad(row.target) is not None
    assert "forgiven" in said(guard, "forgive", "prod/web", row.target.name)
    assert guard.known.ledger.bad(row.target) is None
    assert guard.states == ["FORGIVEN"]
    with pytest.raises(SandboxError, match="not known to be bad"):
        said(guard, "forgive", "prod/web", row.target.name)


@pytest.mark.parametrize("by_alarm", [True, False])
def test_what_was_forgiven_stays_so_while_the_guard_goes_on_looking(operate, by_alarm):
    seen = Observed(operate([web()]))
    create_alarm(seen.account, "errors")
    seen.tag(bake_alarms="errors")
    if by_alarm:
        seen.release(seconds=200)
        set_alarm(seen.world, "ALARM")
        seen.account.run_for(120)
    else:
        seen.release(app=App.without_secret(SECRET), seconds=300)
    (bad,) = [one for one in seen.ledger().judged if not one.good]
    dynamodb, table = seen.account.client("dynamodb"), seen.world.stack.ref("DeployGuardTable")
    now = seen.account.clock.now()
    guard_freeze.forgive(dynamodb, table, seen.service, bad.version.name, "ann", now)
    written = len(seen.world.calls("PutItem", outcome="ok"))
    seen.account.run_for(1000)
    assert len(seen.world.calls("PutItem", outcome="ok")) > written
    assert seen.ledger().bad(bad.version) is None


def test_who_froze_and_lifted_it_stands_in_the_audit(guard):
    said(guard, "freeze", "prod/web", "--why", "inventory", "--for", "2h")
    said(guard, "freeze", "all")
    said(guard, "unfreeze", "prod/web")
    found = guard_query.history(guard.client("dynamodb"), guard.table, guard.arn)
    assert sorted(row.state for row in found.audit) == ["FROZEN", "FROZEN", "UNFROZEN"]
    assert {row.who for row in found.audit} == {"ann"}
    told = "\n".join(history_lines(found))
    assert "service/prod/web  FROZEN (not executed)  ann: inventory, until " in told
    assert "all  FROZEN" in told


@pytest.mark.parametrize(
    "scope", ["prdo", "prdo/web", "prod/wbe", "arn:aws:ecs:eu-west-1:123456789012:task/prod/1"]
)
def test_a_brake_that_would_hold_nothing_is_refused(guard, scope):
    with pytest.raises(SandboxError, match=r"no such|expected the ARN"):
        said(guard, "freeze", scope)
    assert guard.known.freezes == ()
    assert "nothing is rolled back" in said(guard, "freeze", scope, "--force")


@pytest.mark.parametrize(
    "words",
    [
        ("freeze", "a/b/c"),
        ("freeze", "all", "--for", "soon"),
        ("freeze", "all", "--until", "tomorrow"),
        ("freeze", "all", "--until", "2001-01-01"),
    ],
)
def test_what_cannot_be_understood_is_one_line(guard, words):
    with pytest.raises(SandboxError):
        said(guard, *words)


def test_the_command_line_knows_them():
    with pytest.raises(SystemExit) as ended:
        main(["guard", "freeze", "--help"])
    assert ended.value.code == 0
