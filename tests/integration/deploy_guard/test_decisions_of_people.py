"""``ecs-ops guard freeze|unfreeze|freezes|forgive``, on the table of the shipped stack."""

from __future__ import annotations

import argparse
import json
from contextlib import nullcontext

import pytest

from deploy_guard.audit import Audit
from deploy_guard.model import Freeze
from sandbox.cli import freeze_rows, guard_forgive, guard_query, main
from sandbox.cli import guard as command
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


def said(guard, *words, by="ann"):
    parser = argparse.ArgumentParser()
    guard_options(parser)
    arguments = parser.parse_args([*words, "--by", by])
    return command.DECISIONS[arguments.action](arguments, guard.client, guard.table)


def test_a_frozen_service_is_left_alone_until_it_is_lifted(guard):
    guard.fail()
    assert "nothing is rolled back until" in said(guard, "freeze", "prod/web", "--for", "9d")
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
    guard_forgive.forgive(dynamodb, table, seen.service, bad.version.name, "ann", now)
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


@pytest.mark.parametrize("words", [("--for", "9h"), ("--until", "2031-01-31T18:00Z")])
def test_the_freeze_of_another_is_not_cut_short_by_accident(guard, words):
    said(guard, "freeze", "prod/web", "--why", "migration")
    with pytest.raises(SandboxError) as refused:
        said(guard, "freeze", "prod/web", *words, by="bob")
    assert str(refused.value) == (
        f"{guard.arn}: frozen by ann (migration), until somebody lifts it; "
        "yours would end sooner: --force puts it in its place"
    )
    assert [(one.by, one.until) for one in guard.known.freezes] == [("ann", None)]
    told = said(guard, "freeze", "prod/web", *words, "--force", by="bob")
    assert told.endswith("; before, it was frozen by ann (migration), until somebody lifts it")
    assert [one.by for one in guard.known.freezes] == ["bob"]


def test_a_longer_freeze_takes_the_place_of_a_shorter_one_and_says_so(guard):
    said(guard, "freeze", "prod", "--for", "1h")
    told = said(guard, "freeze", "prod", "--for", "2h", by="bob")
    assert "; before, it was frozen by ann, until " in told
    rows = audit_of(guard, "arn:aws:ecs:eu-west-1:123456789012:cluster/prod")
    assert {(row.state, row.who) for row in rows} == {("FROZEN", "ann"), ("FROZEN", "bob")}


def audit_of(guard, scope):
    return Audit(guard.client("dynamodb"), guard.table).rows(scope)


@pytest.mark.parametrize("held", ["all", "prod", "tag", "switch"])
def test_what_holds_all_the_same_is_told_when_a_freeze_is_lifted(guard, held):
    said(guard, "freeze", "prod/web")
    match held:
        case "tag":
            guard.tag(freeze="on")
            expected = "frozen by the tag ecs-ops:freeze of the service, until somebody lifts it"
        case "switch":
            name = guard.world.stack.ref("DeployGuardSwitch")
            guard.client("ssm").put_parameter(Name=name, Value="off", Overwrite=True)
            expected = f"the switch {name} says 'off'"
        case scope:
            said(guard, "freeze", scope, "--why", "inventory", by="bob")
            expected = "frozen by bob (inventory), until somebody lifts it"
    told = said(guard, "unfreeze", "prod/web")
    assert told == (
        f"{guard.arn}: still nothing is rolled back: {expected} "
        "(it was frozen by ann, until somebody lifts it)"
    )
    assert "may be" not in audit_of(guard, guard.arn)[0].why


def test_what_stays_frozen_within_a_cluster_is_told(guard):
    said(guard, "freeze", "prod/web")
    said(guard, "freeze", "all")
    assert "may be rolled back again, but not prod/web: frozen by ann" in said(
        guard, "unfreeze", "all"
    )


def test_what_a_person_may_not_read_is_told_and_not_guessed(guard):
    said(guard, "freeze", "prod/web")
    guard.client("ssm").delete_parameter(Name=guard.world.stack.ref("DeployGuardSwitch"))
    told = said(guard, "unfreeze", "prod/web")
    assert told.endswith("; the switch could not be read (ParameterNotFound)")
    assert "may be rolled back again" in told


@pytest.mark.parametrize(
    ("scope", "problem"),
    [
        ("prod/wbe", "no such service here"),
        ("prdo", "no such cluster here"),
        ("prdo/web", "no such service here"),
        ("prod/web", "is not frozen"),
        ("all", "is not frozen"),
    ],
)
def test_to_lift_what_is_not_frozen_is_refused_and_names_what_is(guard, scope, problem):
    with pytest.raises(SandboxError, match=f"{problem}; in force: no freeze"):
        said(guard, "unfreeze", scope)
    said(guard, "freeze", "prod", "--why", "move")
    with pytest.raises(SandboxError, match=rf"{problem}; in force: prod: frozen by ann \(move\)"):
        said(guard, "unfreeze", scope)


def test_all_freezes_in_force_are_listed(guard, monkeypatch, capsys):
    monkeypatch.setattr(command, "own_account", lambda: nullcontext(guard.client))
    assert main(["guard", "freezes"]) == 0
    assert capsys.readouterr().out.startswith("no freeze is in force")
    said(guard, "freeze", "prod/web", "--why", "inventory", "--until", "2031-01-31T18:00Z")
    said(guard, "freeze", "all", by="bob")
    assert main(["guard", "freezes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "all: frozen by bob, until somebody lifts it",
        "prod/web: frozen by ann (inventory), until 2031-01-31 18:00 UTC",
    ]
    assert main(["guard", "freezes", "--json"]) == 0
    assert [one["by"] for one in json.loads(capsys.readouterr().out)] == ["bob", "ann"]


@pytest.mark.parametrize("scope", ["prdo", "prdo/web", "prod/wbe"])
def test_a_brake_that_would_hold_nothing_is_refused(guard, scope):
    with pytest.raises(SandboxError, match="no such"):
        said(guard, "freeze", scope)
    assert guard.known.freezes == ()
    assert "nothing is rolled back" in said(guard, "freeze", scope, "--force")


@pytest.mark.parametrize(
    "words",
    [
        ("freeze", "a/b/c"),
        ("freeze", "arn:"),
        ("freeze", "arn:aws:ecs:eu-west-1:123456789012:task/prod/1", "--force"),
        ("unfreeze", "arn:"),
        ("freeze", "all", "--for", "0m"),
        ("freeze", "all", "--for", "999999999d"),
        ("freeze", "all", "--until", "9999-12-31T23:59:59-12:00"),
        ("freeze", "all", "--for", "soon"),
        ("freeze", "all", "--until", "tomorrow"),
        ("freeze", "all", "--until", "2001-01-01"),
    ],
)
def test_what_cannot_be_understood_is_one_line(guard, words):
    with pytest.raises(SandboxError) as refused:
        said(guard, *words)
    assert "\n" not in str(refused.value)
    assert "$" not in str(refused.value)
    assert guard.known.freezes == ()


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        ("all", "name the service as CLUSTER/SERVICE"),
        ("prod", "name the service as CLUSTER/SERVICE"),
        ("arn:aws:ecs:eu-west-1:123456789012:cluster/prod", "not the ARN of a service"),
        ("prod/wbe", "no such service here"),
        ("nope/web", "no such service here"),
        ("arn:aws:ecs:eu-west-1:123456789012:service/prod/wbe", "has seen no deployment"),
    ],
)
def test_only_a_known_services_version_can_be_forgiven(guard, service, problem):
    with pytest.raises(SandboxError, match=problem):
        said(guard, "forgive", service, "web:3")


@pytest.mark.parametrize("how", ["row", "tag", "unreadable"])
def test_s18_a_freeze_for_ever_blocks_actions_and_never_alerts(operate, how):
    seen = Observed(operate([web()]))
    seen.tag(rollback="auto")
    dynamodb, table = seen.account.client("dynamodb"), seen.world.stack.ref("DeployGuardTable")
    match how:
        case "row":
            # 9999-12-31T23:59:59-12:00
            one = Freeze("all", "ann", until=253_402_343_999.0)
            freeze_rows.freeze(dynamodb, table, one, seen.account.clock.now())
        case "tag":
            seen.tag(freeze="9999-12-31T23:59:59-12:00")
        case "unreadable":
            item = {"pk": {"S": "freeze#all"}, "doc": {"S": '{"why": null}'}}
            dynamodb.put_item(TableName=table, Item=item)
    seen.release(app=App.without_secret(SECRET), seconds=200)
    (failed,) = [alert for alert in seen.alerts() if alert["stage"] == "failed"]
    assert "frozen by " in failed["summary"]
    assert "until somebody lifts it" in failed["summary"]
    assert seen.writes() == []
    assert seen.world.dead_letters("DeployGuardDeadLetterQueue") == []


def test_the_command_line_knows_them():
    with pytest.raises(SystemExit) as ended:
        main(["guard", "freeze", "--help"])
    assert ended.value.code == 0
