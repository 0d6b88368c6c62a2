"""``ecs-ops spot history`` against a deployed stack, wrong input included."""

from __future__ import annotations

import json
from types import SimpleNamespace

import boto3
import pytest

from sandbox.cli import main, spot
from sandbox.cli.exit_code import ExitCode
from tests.integration.conftest import web


@pytest.fixture
def told(operate, capsys, monkeypatch):
    """Two storms of one service and one of another; what the command says of them."""
    world = operate([web(count=3), web("api", count=2)], native="broken")
    world.account.ecs.interrupt(service="web")
    world.account.run_for(120)
    world.account.run_for(3 * 86_400)
    world.account.ecs.interrupt()
    world.account.run_for(120)
    monkeypatch.setattr(boto3, "client", world.account.client)
    monkeypatch.setattr(spot, "time", SimpleNamespace(time=lambda: world.now))

    def call(*arguments: str, code: ExitCode = ExitCode.DONE) -> str:
        assert main(["spot", "history", *arguments]) == code
        said = capsys.readouterr()
        return said.out if code == ExitCode.DONE else said.err

    return call


def test_the_history_tells_what_spot_took_where_and_who_drained_it(told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    storms = [json.loads(line) for line in told("--json").splitlines()]
    assert [each["service_arn"].rpartition("/")[2] for each in storms].count("web") == 2
    assert [sum(row["backstop"] for row in each["rows"]) for each in storms[2:]] == [3]

    text = told()
    assert "8 tasks in 3 storms." in text
    assert "FARGATE_SPOT" in text
    assert "256/512" in text

    assert "2 tasks in 1 storm." in told("--days", "1", "--service", "prod/api")
    assert "Spot has taken nothing in this time." in told("--service", "prod/nobody")

    failed = ExitCode.FAILED
    assert "1 to 90 days" in told("--days", "0", code=failed)
    for wrong in ("web", "prod/", "/web", "prod/web/1", ""):
        assert "expected CLUSTER/SERVICE" in told("--service", wrong, code=failed)
    assert "--stack names it" in told("--stack", "other", code=failed)
