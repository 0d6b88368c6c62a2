"""Which service is shown first, and why."""

import pytest

from dashboard.fleet import SpotDay, trouble_first
from dashboard.level import Level
from ecsops.queue_status import QueueStatus
from ecsops.verdict_status import VerdictStatus
from tests.unit.dashboard.services import deployment, row

STUCK = SpotDay(stuck=(1, *(0,) * 22, 2))
DEPLOYING = [deployment(rolloutState="IN_PROGRESS", runningCount=1), deployment(status="ACTIVE")]


@pytest.mark.parametrize(
    ("shown", "level", "why"),
    [
        (row(), Level.FINE, "steady"),
        (row(desiredCount=0, runningCount=0), Level.FINE, "scaled to zero"),
        (row(runningCount=0), Level.CRITICAL, "nothing is running"),
        (row(runningCount=0, pendingCount=4), Level.WARNING, "nothing is running yet"),
        (row(runningCount=3), Level.WARNING, "1 of 4 tasks missing"),
        (row(deployments=DEPLOYING), Level.BUSY, "deploying"),
        (row(runningCount=3, deployments=DEPLOYING), Level.BUSY, "deploying"),
        (
            row(deployments=[deployment(rolloutState="IN_PROGRESS", failedTasks=2)]),
            Level.WARNING,
            "deploying, 2 tasks failed",
        ),
        (row(deployments=[deployment(rolloutState="FAILED")]), Level.WARNING, "deployment failed"),
        (
            row(deployed=VerdictStatus("web:2", "failed", 1.0, "out of memory")),
            Level.WARNING,
            "web:2 failed: out of memory",
        ),
        (
            row(deployed=VerdictStatus("web:2", "rollback failed"), runningCount=3),
            Level.CRITICAL,
            "web:2 rollback failed",
        ),
        (row(deployed=VerdictStatus("web:2", "rolled back")), Level.FINE, "steady"),
        (row(deployed=VerdictStatus("web:2", "a word of tomorrow")), Level.FINE, "steady"),
        (row(day=STUCK), Level.WARNING, "3 Spot tasks stayed in rotation"),
        (row(day=SpotDay(backstop=(5,) * 24)), Level.FINE, "steady"),
        (row(queue=QueueStatus(12.0, 60.0, 4)), Level.FINE, "steady"),
        (row(queue=QueueStatus(60.0, 60.0, 4)), Level.FINE, "steady"),
        (
            row(queue=QueueStatus(61.0, 60.0, 9)),
            Level.WARNING,
            "messages wait longer than the SLO",
        ),
        (
            row(queue=QueueStatus(0.0, 0.0, 0, "off", 2)),
            Level.WARNING,
            "not scaled: 2 problems in its tags",
        ),
        # An outage outranks what may have caused it.
        (
            row(runningCount=0, deployments=[deployment(rolloutState="FAILED")], day=STUCK),
            Level.CRITICAL,
            "nothing is running",
        ),
    ],
)
def test_the_verdict_on_a_service(shown, level, why):
    assert shown.verdict == (level, why)


def test_trouble_comes_first_then_the_alphabet():
    rows = [
        row("b"),
        row("a"),
        row("z", runningCount=0),
        row("y", deployments=DEPLOYING),
        row("x", runningCount=1),
        row("a", "dev"),
    ]
    names = [(one.service.cluster, one.service.name) for one in trouble_first(rows)]
    assert names == [
        *(("prod", "z"), ("prod", "x"), ("prod", "y")),
        *(("dev", "a"), ("prod", "a"), ("prod", "b")),
    ]
