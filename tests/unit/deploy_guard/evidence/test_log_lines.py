"""Where a container's log is, and what of it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_guard.evidence.log_lines import LogLines, Place, place_of, read
from deploy_guard.evidence.unavailable import Unavailable
from tests.unit.deploy_guard.builders import REGION, container, failed
from tests.unit.deploy_guard.evidence.stubs import stubbed

TASK = failed(
    container("web", 1),
    task_arn="arn:aws:ecs:eu-west-1:123456789012:task/prod/0c1d",
    started_at=1_000.0,
)
PLACE = Place(REGION, "/ecs/web", "app/web/0c1d", 940_000)
OPTIONS = {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "app", "awslogs-region": REGION}


def logging(driver="awslogs", **options):
    configuration = {"logDriver": driver, "options": options or OPTIONS}
    return {"containerDefinitions": [{"name": "web", "logConfiguration": configuration}]}


def place(definition, of=TASK, region="us-east-1"):
    return place_of(of, of.containers[0], definition, region)


def ask(*answer):
    return (
        "get_log_events",
        {
            "logGroupName": "/ecs/web",
            "logStreamName": "app/web/0c1d",
            "limit": 20,
            "startFromHead": False,
            "startTime": 940_000,
        },
        *answer,
    )


def lines_of(*messages):
    answer = {"events": [{"timestamp": 1, "message": message} for message in messages]}
    with stubbed("logs", ask(answer)) as logs:
        return read(logs, PLACE, "web").lines


def test_the_stream_is_prefix_container_task_in_the_logs_own_region():
    assert place(logging()) == PLACE


def test_the_region_is_the_tasks_if_the_options_do_not_say():
    options = {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "app"}
    assert place(logging(**options)).region == "us-east-1"


def test_without_a_prefix_the_stream_is_the_docker_id():
    definition = logging(**{"awslogs-group": "/ecs/web"})
    with_id = failed(container("web", 1, runtime_id="4f2a"), task_arn=TASK.task_arn)
    assert place(definition, with_id).stream == "4f2a"
    assert "no awslogs-stream-prefix" in place(definition).why


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (logging("splunk"), "they go to splunk"),
        (logging("awsfirelens"), "they go to awsfirelens"),
        ({"containerDefinitions": [{"name": "web"}]}, "no logConfiguration"),
        ({"containerDefinitions": [{"name": "other"}]}, "no container web"),
        ({}, "no container web"),
        (logging(**{"awslogs-region": REGION}), "awslogs-group is missing"),
    ],
)
def test_logs_that_cannot_be_read_say_why(definition, why):
    missing = place(definition)
    assert isinstance(missing, Unavailable)
    assert why in str(missing)
    assert not missing.later


def test_a_task_that_never_started_is_looked_at_from_its_stop():
    task = failed(container("web", 1), started_at=None, stopped_at=2_000.0)
    assert place(logging(), task).since_ms == 1_940_000
    assert place(logging(), failed(container(), started_at=None, stopped_at=0.0)).since_ms is None


def test_the_last_lines_are_shown_oldest_first():
    assert lines_of("starting", "ready\n", "ValueError: no") == (
        "starting",
        "ready",
        "ValueError: no",
    )


def test_a_stream_that_does_not_exist_yet_may_exist_later():
    with stubbed("logs", ask("ResourceNotFoundException")) as logs:
        missing = read(logs, PLACE, "web")
    assert missing.later
    assert "/ecs/web app/web/0c1d" in missing.why


def test_an_empty_stream_may_fill_later():
    with stubbed("logs", ask({"events": []})) as logs:
        assert read(logs, PLACE, "web").later


def test_what_a_terminal_would_colour_is_plain():
    assert lines_of("\x1b[31mred\x1b[0m\ttab\x00") == (" red  tab ".rstrip(),)


def test_long_logs_are_cut_from_the_front_and_long_lines_from_the_back():
    lines = lines_of(*(f"{number:03} " + "x" * 400 for number in range(20)))
    assert lines[-1].startswith("019 ")
    assert sum(map(len, lines)) <= 1_500
    assert all(len(line) <= 300 for line in lines)


def test_s20_the_log_is_shown_without_secrets():
    lines = lines_of(
        "connecting with password=hunter2",
        "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----",
    )
    assert "hunter2" not in "\n".join(lines)


def test_s20_a_key_whose_beginning_is_out_of_sight_stays_hidden():
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA"
    lines = lines_of(*([body] * 20), "-----END PRIVATE KEY-----")
    assert body not in "\n".join(lines)


@given(st.integers(0, 9_000), st.integers(0, 9_000))
def test_s20_no_cut_leaves_half_a_secret(before, after):
    secret = "s3cr3t" * 30
    shown = "\n".join(lines_of("x" * before + f" password={secret} " + "y" * after, "the end"))
    assert "s3cr3t" not in shown


@pytest.mark.parametrize(
    ("lines", "telling"),
    [
        (
            ("Traceback (most recent call last):", "ValueError: no port", "bye"),
            "ValueError: no port",
        ),
        (("panic: nil map", "goroutine 1 [running]"), "panic: nil map"),
        (('{"level":"error","msg":"no route"}',), '{"level":"error","msg":"no route"}'),
        (("exec /app: exec format error",), "exec /app: exec format error"),
        (("ready", "bye"), None),
        ((), None),
    ],
)
def test_the_line_that_says_why_is_found(lines, telling):
    assert LogLines(PLACE, "web", lines).telling == telling
