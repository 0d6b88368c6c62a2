"""The telling lines among a service's events."""

from datetime import UTC, datetime

from deploy_guard.evidence.service_events import telling


def event(at, message):
    return {"id": message, "createdAt": datetime.fromtimestamp(at, UTC), "message": message}


EVENTS = [
    event(50, "service web was unable to place a task because the past is past."),
    event(100, "(service web) has started 2 tasks: (task 0c) (task 1d)."),
    event(110, "(service web, taskSet 1) registered 2 targets in (target-group web)"),
    event(120, "(service web) (port 80) is unhealthy in target-group web due to (reason x)"),
    event(130, "(service web) has stopped 1 running tasks: (task 0c)."),
    event(140, "(service web) deployment ecs-svc/42 deployment failed: tasks failed to start."),
    event(150, "(service web) rolling back to deployment ecs-svc/41."),
    event(160, "(service web) has reached a steady state."),
]


def test_the_newest_telling_lines_come_first():
    assert telling(EVENTS, since=100) == (
        "(service web) rolling back to deployment ecs-svc/41.",
        "(service web) deployment ecs-svc/42 deployment failed: tasks failed to start.",
        "(service web) (port 80) is unhealthy in target-group web due to (reason x)",
    )


def test_each_line_once_and_not_too_many():
    assert telling([EVENTS[3], EVENTS[3]], since=0) == (EVENTS[3]["message"],)
    assert len(telling([event(n, f"failure {n}") for n in range(40)], since=0)) == 6


def test_times_may_be_numbers_and_secrets_are_taken_out():
    events = [{"createdAt": 120.0, "message": "unable: password=hunter2"}, {"createdAt": 130}]
    assert telling(events, since=100) == ("unable: password=[redacted]",)
