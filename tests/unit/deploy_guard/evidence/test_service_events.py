"""The telling lines among a service's events."""

from deploy_guard.evidence.service_events import telling

EVENTS = [
    (50, "service web was unable to place a task because the past is past."),
    (100, "(service web) has started 2 tasks: (task 0c) (task 1d)."),
    (110, "(service web, taskSet 1) registered 2 targets in (target-group web)"),
    (120, "(service web) (port 80) is unhealthy in target-group web due to (reason x)"),
    (130, "(service web) has stopped 1 running tasks: (task 0c)."),
    (140, "(service web) deployment ecs-svc/42 deployment failed: tasks failed to start."),
    (150, "(service web) rolling back to deployment ecs-svc/41."),
    (160, "(service web) has reached a steady state."),
]


def test_the_newest_telling_lines_come_first():
    assert telling(EVENTS, since=100) == (
        "(service web) rolling back to deployment ecs-svc/41.",
        "(service web) deployment ecs-svc/42 deployment failed: tasks failed to start.",
        "(service web) (port 80) is unhealthy in target-group web due to (reason x)",
    )


def test_each_line_once_and_not_too_many():
    assert telling([EVENTS[3], EVENTS[3]], since=0) == (EVENTS[3][1],)
    assert len(telling([(n, f"failure {n}") for n in range(40)], since=0)) == 6


def test_secrets_are_taken_out():
    assert telling([(120.0, "unable: password=hunter2"), (130.0, "")], since=100) == (
        "unable: password=[redacted]",
    )
