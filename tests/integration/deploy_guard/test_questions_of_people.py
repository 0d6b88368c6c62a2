"""``ecs-ops guard history`` and ``explain``, as people ask them: rightly and wrongly."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest

from sandbox.cli import guard as command
from sandbox.cli import main
from tests.integration.deploy_guard.guarded import Guard, guarded


@pytest.fixture
def guard(operate, monkeypatch):
    """A service of which a version failed and was rolled back; the stack is "ours"."""
    guard = Guard(operate([guarded()]))
    guard.fail()
    guard.carry_out(seconds=120)
    guard.remember()
    monkeypatch.setattr(command, "own_account", lambda: nullcontext(guard.client))
    monkeypatch.setattr(command, "physical_id", lambda *_: guard.table)
    return guard


def asked(capsys, *words):
    """(exit code, what was printed, what was complained of)."""
    code = main(["guard", *words])
    told = capsys.readouterr()
    return int(code), told.out, told.err


def test_history_tells_deployments_versions_and_the_audit(guard, capsys):
    code, out, _ = asked(capsys, "history", "prod/web")
    assert code == 0
    assert out.splitlines()[0] == guard.arn
    assert "web:2  rolled back  IMAGE_NOT_FOUND" in out
    assert "bad   web:2: the image does not exist (IMAGE_NOT_FOUND)" in out
    assert "REQUESTED  ecs-ops guard: the tag ecs-ops:rollback says auto" in out
    assert asked(capsys, "history", guard.arn)[1] == out


def test_explain_tells_what_led_to_verdict_and_decision(guard, capsys):
    code, out, _ = asked(capsys, "explain", guard.row.id)
    assert code == 0
    for part in (
        "web:2 since",
        "verdict: rolled back",
        "because the service deployment is ROLLBACK_SUCCESSFUL",
        "serving web:1",
        "cause: IMAGE_NOT_FOUND (release)",
        "StopServiceDeployment serviceDeploymentArn=",
    ):
        assert part in out
    short = guard.row.id.rpartition("/")[2][:8]
    assert asked(capsys, "explain", short, "--service", "prod/web")[1] == out


@pytest.mark.parametrize("words", [("history", "prod/web"), ("explain", "DEPLOYMENT")])
def test_machines_read_json(guard, capsys, words):
    given = [guard.row.id if word == "DEPLOYMENT" else word for word in words]
    document = json.loads(asked(capsys, *given, "--json")[1])
    assert guard.arn in json.dumps(document)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("history", "web"), "name the service as CLUSTER/SERVICE, or by its ARN"),
        (("history", "prod/"), "name the service as CLUSTER/SERVICE, or by its ARN"),
        (("history", "prod/nothing"), "no such service here"),
        (
            ("history", "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"),
            "not the ARN of a service",
        ),
        (("history", "arn:nonsense"), "arn:nonsense"),
        (("explain", "0f3a"), "add --service"),
        (("explain", "0f3a", "--service", "prod/web"), "no deployment of"),
        (
            ("explain", "arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/web/none"),
            "known: ",
        ),
        (
            ("explain", "arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/other/x"),
            "known: none",
        ),
    ],
)
def test_what_was_meant_is_said_in_one_line(guard, capsys, words, told):
    code, out, err = asked(capsys, *words)
    assert code != 0
    assert out == ""
    assert told in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
