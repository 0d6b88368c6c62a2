"""What people hear of instances whose tasks do not stop."""

from __future__ import annotations

import pytest

from spot_drain.instance_alerts import hook_cut_short, hook_given_up
from spot_drain.watching import Hook, Watched
from tests.unit.spot_drain.builders import CLUSTER, NOW

HELD = Watched(
    "i-1",
    "arn:aws:ecs:eu-west-1:123456789012:container-instance/prod/1",
    CLUSTER,
    NOW,
    None,
    Hook("workers", "drain", "token", NOW, NOW + 7_200),
    (),
)


@pytest.mark.parametrize(
    ("left", "expected"),
    [(["a"], "1 task on instance i-1 has not"), (["a", "b"], "2 tasks on instance i-1 have not")],
)
def test_tasks_that_do_not_stop_are_counted(left, expected):
    assert hook_given_up(HELD, left, "", NOW).summary.startswith(expected)


@pytest.mark.parametrize(
    ("left", "expected"), [(["a"], "1 running task"), (["a", "b"], "2 running tasks")]
)
def test_tasks_that_an_instance_took_with_it_are_counted(left, expected):
    assert hook_cut_short(HELD, left, NOW).title == f"workers: i-1 ended under {expected}"
