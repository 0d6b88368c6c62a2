"""``ecs-ops selftest`` and ``ecs-ops alerts`` as people type them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError

from sandbox.cli import main, selftest
from sandbox.cli.alerts import replay
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.selftest import embedded

REFUSING = "sinks: {other: {type: webhook, secret: absent}}\nroutes: [{to: other}]"


@pytest.fixture
def deployed(alerting, monkeypatch):
    """A stack in the account that the commands take for the user's own."""

    def build(document="# nothing"):
        world = alerting(document)
        monkeypatch.setattr(boto3, "client", world.account.client)
        clock = SimpleNamespace(sleep=world.run, time=lambda: world.now)
        monkeypatch.setattr(selftest, "time", clock)
        return world

    return build


def test_selftest_without_a_stack_tests_the_shipped_template(capsys):
    assert main(["selftest"]) == ExitCode.DONE
    assert "passed" in capsys.readouterr().out


def test_selftest_says_what_is_broken():
    def break_it(account, stack):
        account.client("events").disable_rule(Name=stack.ref("AlertRule"))

    problems = embedded(break_it)
    assert any("AlertRule" in problem for problem in problems)
    assert any("did not arrive" in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("default: [sns]\n", ExitCode.DONE, "understood: 0 routes"),
        ("routes:\n- to: nobody\n", ExitCode.BAD_FILE, "line 2, routes[0].to"),
    ],
)
def test_check_routes(capsys, tmp_path, text, code, says):
    path = tmp_path / "routes.yaml"
    path.write_text(text)
    assert main(["alerts", "check-routes", str(path)]) == code
    captured = capsys.readouterr()
    assert says in captured.out + captured.err


def test_check_routes_says_what_keeps_a_file_from_being_read(capsys, tmp_path):
    binary = tmp_path / "routes.bin"
    binary.write_bytes(b"ro\xff")
    for path, says in (
        (tmp_path / "none.yaml", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (binary, "is no text in UTF-8 (byte 3)"),
    ):
        assert main(["alerts", "check-routes", str(path)]) == ExitCode.BAD_FILE
        assert capsys.readouterr().err == f"ecs-ops alerts: {path}: {says}\n"


def test_check_routes_knows_how_much_a_parameter_takes(capsys, tmp_path):
    path = tmp_path / "routes.yaml"
    path.write_text("#" * 5_000)
    assert main(["alerts", "check-routes", str(path)]) == ExitCode.DONE
    assert "--tier Advanced" in capsys.readouterr().out
    path.write_text("#" * 9_000)
    assert main(["alerts", "check-routes", str(path)]) == ExitCode.BAD_FILE
    assert "8192 bytes" in capsys.readouterr().err


def test_selftest_of_a_deployed_stack(deployed, capsys):
    deployed()
    assert main(["selftest", "--stack", "ecs-ops"]) == ExitCode.DONE
    assert "passed" in capsys.readouterr().out


def test_selftest_of_a_deployed_stack_that_is_broken(deployed, capsys):
    world = deployed()
    world.account.client("events").disable_rule(Name=world.stack.ref("AlertRule"))
    assert main(["selftest", "--stack", "ecs-ops", "--json"]) == ExitCode.FUNCTION_FAILED
    report = json.loads(capsys.readouterr().out)
    assert not report["passed"]
    assert any("did not arrive in the alerts' queue" in one for one in report["problems"])


@pytest.mark.parametrize("number", [1, 12])
def test_replay_of_a_deployed_stack(deployed, capsys, number):
    world = deployed(REFUSING)
    for incident in range(number):
        world.publish(incident=f"i{incident}", cluster=f"c{incident}")
    world.run(30)
    assert main(["alerts", "replay", "--stack", "ecs-ops"]) == ExitCode.DONE
    letters = "1 dead letter" if number == 1 else f"{number} dead letters"
    assert f"{letters} sent again" in capsys.readouterr().out
    assert world.dead() == []


def test_replay_of_a_queue_by_its_url(deployed, capsys):
    world = deployed(REFUSING)
    world.publish()
    world.run(30)
    url = world.stack.queue_url("AlertsDeadLetterQueue")
    assert main(["alerts", "replay", "--queue-url", url]) == ExitCode.DONE
    assert "1 dead letter sent again" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["selftest"], ["alerts", "replay"]])
def test_a_stack_that_is_not_there_is_named(deployed, capsys, command):
    deployed()
    assert main([*command, "--stack", "other"]) == ExitCode.FAILED
    said = capsys.readouterr().err
    assert "Stack 'other' does not exist" in said
    assert "--stack names it" in said


@pytest.mark.parametrize(
    ("problem", "advice"),
    [(NoRegionError(), "set AWS_DEFAULT_REGION"), (NoCredentialsError(), "set AWS_PROFILE")],
)
@pytest.mark.parametrize("command", [["selftest", "--stack", "s"], ["alerts", "replay"]])
def test_who_is_not_signed_in_is_told_what_to_do(monkeypatch, capsys, problem, advice, command):
    def refuse(_service):
        raise problem

    monkeypatch.setattr(boto3, "client", refuse)
    assert main(command) == ExitCode.FAILED
    assert advice in capsys.readouterr().err


class Sqs:
    """A queue whose short polls find nothing, as they may: they ask only some of its servers."""

    def __init__(self):
        self.letters = [{"MessageId": str(n), "Body": "b", "ReceiptHandle": str(n)} for n in (1, 2)]
        self.sent = []

    def list_dead_letter_source_queues(self, **asked):
        return {"queueUrls": ["source"]}

    def receive_message(self, **asked):
        found, self.letters = self.letters[:1], self.letters[1:]
        return {"Messages": found} if asked.get("WaitTimeSeconds") else {}

    def send_message(self, **asked):
        self.sent.append(asked["MessageBody"])

    def delete_message(self, **asked):
        pass


def test_replay_asks_all_of_the_queues_servers():
    queue = Sqs()
    assert replay(queue, "dead") == 2
    assert queue.sent == ["b", "b"]
