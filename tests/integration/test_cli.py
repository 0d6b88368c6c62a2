"""The command line as a person uses it, wrong inputs included."""

from __future__ import annotations

import json

import pytest

from sandbox.cli import main
from sandbox.cli.exit_code import ExitCode
from sandbox.world import EXAMPLE, check_world, load_world

EVENT = {
    "version": "0",
    "id": "6f1f9b1c-2c3d-4e5f-8a9b-0c1d2e3f4a5b",
    "detail-type": "ECS Task State Change",
    "source": "aws.ecs",
    "account": "123456789012",
    "time": "2026-03-02T10:00:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": {
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/prod",
        "taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/prod/0f9de17a6465404e8b1b2356dc13c2f8",
        "desiredStatus": "STOPPED",
        "lastStatus": "RUNNING",
        "stopCode": "SpotInterruption",
        "stoppedReason": "Your Spot Task was interrupted.",
        "group": "service:web",
        "attachments": [
            {"type": "eni", "details": [{"name": "privateIPv4Address", "value": "10.0.0.4"}]}
        ],
    },
}


@pytest.fixture
def event_file(tmp_path):
    def write(content, name="event.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def _lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_fire_prints_rule_function_calls_and_what_was_published(capsys, event_file):
    code = main(["fire", event_file(EVENT)])

    lines = _lines(capsys)
    kinds = [line["kind"] for line in lines]
    assert code == ExitCode.DONE
    assert kinds[:2] == ["event", "rule"]
    assert {"function", "call", "metric", "log", "published", "mail"} <= set(kinds)
    operations = [line["operation"] for line in lines if line["kind"] == "call"]
    assert operations[0] == "DescribeServices"
    assert "DeregisterTargets" in operations


def test_fire_takes_the_events_own_time_as_now_unless_told_how_late_it_is(capsys, event_file):
    assert main(["fire", event_file(EVENT), "--late", "2h"]) == ExitCode.DONE

    operations = [line["operation"] for line in _lines(capsys) if line["kind"] == "call"]
    assert operations == ["DescribeTasks"]


def test_fire_says_which_rules_there_are_when_none_matches(capsys, event_file):
    code = main(["fire", event_file(EVENT | {"detail-type": "ECS Service Action"})])

    assert code == ExitCode.NO_RULE
    assert "SpotInterruptionRule" in capsys.readouterr().err


def test_fire_hints_at_world_when_the_service_is_not_there(capsys, event_file):
    event = json.loads(json.dumps(EVENT))
    event["detail"]["group"] = "service:elsewhere"

    assert main(["fire", event_file(event)]) == ExitCode.DONE
    assert "--world" in capsys.readouterr().err


def test_fire_reports_a_message_that_no_function_could_handle(capsys, event_file):
    event = json.loads(json.dumps(EVENT))
    del event["detail"]["taskArn"]

    assert main(["fire", event_file(event)]) == ExitCode.FUNCTION_FAILED
    captured = capsys.readouterr()
    assert "dead-letter" in captured.err
    assert "$.detail.taskArn" in captured.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        (json.dumps(EVENT) + json.dumps(EVENT), "put several events into an array"),
        ("{", "not JSON"),
        ("[]", "empty array"),
        ("7", "expected an object"),
        ("{}", "$.source"),
        ('{"source": "aws.ecs", "detail": {}}', "$.detail-type"),
        ('{"source": "aws.ecs", "detail-type": "x", "detail": []}', "$.detail"),
        (json.dumps(EVENT | {"time": "yesterday"}), "$.time"),
    ],
)
def test_fire_refuses_what_is_no_event_in_one_line(capsys, event_file, content, says):
    assert main(["fire", event_file(content)]) == ExitCode.BAD_FILE
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_fire_takes_an_event_captured_in_another_account_and_region(capsys, event_file):
    text = json.dumps(EVENT).replace("123456789012", "111122223333")

    assert main(["fire", event_file(text.replace("eu-west-1", "ap-southeast-2"))]) == ExitCode.DONE

    captured = capsys.readouterr()
    assert "stand for 123456789012 in eu-west-1" in captured.err
    assert '"operation": "DeregisterTargets"' in captured.out


def test_fire_hints_at_world_when_the_cluster_is_not_there(capsys, event_file):
    text = (
        json.dumps(EVENT)
        .replace("cluster/prod", "cluster/other")
        .replace("task/prod", "task/other")
    )

    assert main(["fire", event_file(text)]) == ExitCode.FUNCTION_FAILED
    assert "--world" in capsys.readouterr().err


def test_fire_refuses_a_lateness_that_is_no_duration(capsys, event_file):
    assert main(["fire", event_file(EVENT), "--late", "banana"]) == ExitCode.USAGE
    assert "write it like 90s" in capsys.readouterr().err


def test_fire_refuses_a_file_that_is_not_there(capsys, tmp_path):
    assert main(["fire", str(tmp_path / "nothing.json")]) == ExitCode.BAD_FILE
    assert "nothing.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clusters: [", "not YAML"),
        ("", "a world needs clusters"),
        ("{}", "'clusters' is a required property"),
        (
            "clusters: [{name: prod, services: [{name: web, cuont: 3}]}]",
            "$.clusters[0].services[0]",
        ),
        (
            (
                "clusters: [{name: p, services: "
                "[{name: w, containers: [{name: a}], target_groups: [{name: g}]}]}]"
            ),
            "no container",
        ),
    ],
)
def test_a_world_that_is_not_understood_is_refused_with_its_path(capsys, event_file, text, says):
    world = event_file(text, "world.yaml")

    assert main(["fire", event_file(EVENT), "--world", world]) == ExitCode.BAD_FILE
    assert says in capsys.readouterr().err


def test_the_example_world_is_valid():
    assert check_world(load_world(EXAMPLE).document, "example").region == "eu-west-1"


def test_demo_tells_the_whole_story(capsys):
    assert main(["demo"]) == ExitCode.DONE

    story = capsys.readouterr().out
    for part in ("EVENT", "RULE", "FUNCTION", "elbv2:DeregisterTargets", "MAIL", "RESULT"):
        assert part in story
    assert "\x1b[" not in story, "plain when piped"
    assert "are in a race: this time the toolkit came first" in story
    assert "CompleteLifecycleAction: its last task has stopped" in story
    assert "AWS retires 2 entries on" in story
    assert "taken, 0 by ECS in time, 1 by the toolkit" in story
    assert "4 of 4 shards, 6 launches, 1 of them interrupted" in story


def test_demo_json_is_machine_readable_and_the_same_for_the_same_seed(capsys):
    first, second = (_demo_as_json(capsys) for _ in range(2))
    assert {line["kind"] for line in first} >= {"event", "rule", "function", "call", "mail"}
    assert _without_times(first) == _without_times(second)


def _demo_as_json(capsys):
    assert main(["demo", "--json", "--seed", "11"]) == ExitCode.DONE
    return _lines(capsys)


def _without_times(lines):
    return [
        {name: value for name, value in line.items() if name not in {"elapsed_ms", "duration_ms"}}
        for line in lines
        if line["kind"] in {"event", "rule", "function"}
    ]
