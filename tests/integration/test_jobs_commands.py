"""``ecs-ops jobs`` against a deployed stack, wrong input included."""

from __future__ import annotations

import json
import re

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from sandbox.account import Account
from sandbox.cli import main
from sandbox.cli.exit_code import ExitCode
from sandbox.ecs import App
from tests.integration.conftest import TEMPLATE

SPEC = {
    "job": "nightly",
    "slot": "<aws.scheduler.scheduled-time>",
    "cluster": "prod",
    "taskDefinition": "report",
    "network": {"subnets": ["subnet-a"]},
    "fanOut": {"count": 2},
}
GROUP = "/ecs/report"


@pytest.fixture(scope="module")
def account():
    with Account(seed=3) as account:
        off = {"QueueScalingMode": "off", "SpotFallbackMode": "off", "SpotDrainMode": "off"}
        account.deploy(TEMPLATE, parameters=off)
        account.client("logs").create_log_group(logGroupName=GROUP)
        ecs = account.client("ecs")
        ecs.create_cluster(clusterName="prod", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        options = {
            "awslogs-group": GROUP,
            "awslogs-region": account.region,
            "awslogs-stream-prefix": "report",
        }
        app = {
            "name": "app",
            "image": "report:1",
            "essential": True,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        ecs.register_task_definition(
            family="report",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[app],
            tags=[{"key": "ecs-ops:jobs", "value": "on"}],
        )
        yield account


@pytest.fixture
def spec_file(tmp_path):
    def write(**changes):
        path = tmp_path / "nightly.json"
        path.write_text(json.dumps(SPEC | changes))
        return str(path)

    return write


@pytest.fixture
def ecs_ops(account, capsys, monkeypatch):
    monkeypatch.setattr(boto3, "client", account.client)

    def call(*arguments, code=ExitCode.DONE):
        assert main(["jobs", *arguments]) == code
        said = capsys.readouterr()
        return said.out if code == ExitCode.DONE else said.err

    return call


def _runs(ecs_ops, job="nightly"):
    return [json.loads(line) for line in ecs_ops("history", job, "--json").splitlines()]


class _Lossy:
    """A client whose messages arrive, and whose answers do not."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def send_message(self, **request):
        self._client.send_message(**request)
        raise ReadTimeoutError(endpoint_url=request["QueueUrl"])


def test_a_run_from_submission_to_the_rerun_of_what_failed(account, ecs_ops, spec_file):
    account.ecs.behave("report", App(runs_for_s=20), App.crash("no such table", after_s=20))

    ecs_ops("submit", spec_file())
    account.run_for(180)
    (run,) = _runs(ecs_ops)
    assert (run["state"], run["shards"], run["succeeded"], run["failed"]) == ("FAILED", 2, 1, 1)
    assert "nightly" in ecs_ops("list")
    (listed,) = [json.loads(line) for line in ecs_ops("list", "--json").splitlines()]
    assert (listed["job"], listed["last"]["state"]) == ("nightly", "failed")
    log = json.loads(ecs_ops("logs", run["run"], "--json"))
    assert log["lines"][-1] == "no such table"
    assert "no such table" in ecs_ops("logs", run["run"], "--shard", str(log["shard"]))

    account.ecs.behave("report", App(runs_for_s=20))
    ecs_ops("rerun", run["run"], "--failed-shards")
    account.run_for(180)
    newest = _runs(ecs_ops)[0]
    assert newest["run"] != run["run"]
    assert (newest["state"], newest["launches"]) == ("SUCCEEDED", 1), newest
    assert "--failed-shards" in ecs_ops("rerun", newest["run"], "--failed-shards", code=1)
    assert "nothing to cancel" in ecs_ops("cancel", newest["run"], code=1)
    assert "--shard 9" in ecs_ops("logs", newest["run"], "--shard", "9", code=1)


def test_a_run_is_cancelled(account, ecs_ops, spec_file):
    account.ecs.behave("report", App())
    ecs_ops("submit", spec_file(job="endless"))
    account.run_for(60)
    (run,) = _runs(ecs_ops, "endless")
    assert run["state"] == "RUNNING"
    assert "wait for its end" in ecs_ops("rerun", run["run"], code=1)

    ecs_ops("cancel", run["run"])
    account.run_for(120)

    (run,) = _runs(ecs_ops, "endless")
    assert run["state"] == "CANCELLED"


def test_a_request_whose_answer_was_lost_is_repeated_with_its_key(
    account, ecs_ops, spec_file, monkeypatch
):
    account.ecs.behave("report", App(runs_for_s=5))
    with monkeypatch.context() as patched:
        patched.setattr(boto3, "client", lambda service: _Lossy(account.client(service)))
        said = ecs_ops("submit", spec_file(job="once"), code=ExitCode.FAILED)
    (key,) = re.findall(r"repeat it with --key ([0-9a-f]{32}):", said)
    ecs_ops("submit", spec_file(job="once"), "--key", key)
    account.run_for(120)
    (run,) = _runs(ecs_ops, "once")
    assert (run["state"], run["launches"]) == ("SUCCEEDED", 2)

    for _ in range(2):
        ecs_ops("rerun", run["run"], "--key", "again-1")
    account.run_for(120)
    assert [each["state"] for each in _runs(ecs_ops, "once")] == ["SUCCEEDED"] * 2
    ecs_ops("submit", spec_file(job="once"))
    account.run_for(120)
    assert len(_runs(ecs_ops, "once")) == 3


def test_a_job_is_paused_and_resumed(account, ecs_ops, spec_file):
    account.ecs.behave("report", App(runs_for_s=5))
    ecs_ops("submit", spec_file(job="hourly"))
    account.run_for(90)
    for action, paused in (("pause", True), ("resume", False)):
        ecs_ops(action, "hourly")
        account.run_for(30)
        jobs = [json.loads(line) for line in ecs_ops("list", "--json").splitlines()]
        assert [job["paused"] for job in jobs if job["job"] == "hourly"] == [paused]


def test_a_spec_is_checked_without_an_account(ecs_ops, spec_file):
    assert "understood: job nightly" in ecs_ops("validate", spec_file())

    said = ecs_ops("validate", spec_file(fanOut={"count": 0}), code=ExitCode.BAD_FILE)
    assert "fanOut" in said
    assert "fanOut" in ecs_ops("submit", spec_file(fanOut={"count": 0}), code=ExitCode.BAD_FILE)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["validate", "nowhere.json"], ExitCode.BAD_FILE, "nowhere.json: $: cannot be read"),
        (["history", "nobody"], ExitCode.FAILED, "no job nobody"),
        (["pause", "nobody"], ExitCode.FAILED, "no job nobody"),
        (["cancel", "nobody"], ExitCode.USAGE, "RUN 'nobody'"),
        (["cancel", "x-20260105T090000Z-000000"], ExitCode.FAILED, "no run x-"),
        (["rerun", "x-20260105T090000Z-000000", "--key", "a b"], ExitCode.USAGE, "--key 'a b'"),
        (["pause", "a b"], ExitCode.USAGE, "JOB 'a b'"),
        (["list", "--stack", "other"], ExitCode.FAILED, "--stack names it"),
    ],
)
def test_wrong_input_is_one_line_with_a_way_out(ecs_ops, arguments, code, said):
    message = ecs_ops(*arguments, code=code)
    assert said in message
    assert len(message.splitlines()) == 1
