"""No faster than half of the published quotas, however many ask at once."""

import pytest

from audit.collect.pace import Pace


class Time:
    def __init__(self):
        self.now = 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize(
    ("action", "at_once", "per_second"),
    [
        ("ecs:DescribeTaskDefinition", 25, 10),
        ("ecs:DescribeServices", 50, 10),
        ("elasticloadbalancing:DescribeTargetGroupAttributes", 20, 5),
        ("ec2:DescribeSubnets", 50, 10),
        ("iam:ListRolePolicies", 4.5, 4.5),
    ],
)
def test_a_burst_then_the_rate(action, at_once, per_second):
    time = Time()
    pace = Pace(time.clock, time.sleep)
    for _ in range(int(at_once)):
        pace.wait(action)
    assert time.now == 0

    for _ in range(100):
        pace.wait(action)

    assert time.now == pytest.approx((100 - at_once % 1) / per_second)


def test_actions_that_share_a_bucket_wait_for_each_other():
    time = Time()
    pace = Pace(time.clock, time.sleep)
    for _ in range(50):
        pace.wait("ecs:ListServices")

    pace.wait("ecs:DescribeServices")

    assert time.now == pytest.approx(0.1)


def test_actions_with_buckets_of_their_own_do_not():
    time = Time()
    pace = Pace(time.clock, time.sleep)
    for _ in range(50):
        pace.wait("ecs:ListServices")

    pace.wait("ecs:DescribeTaskDefinition")

    assert time.now == 0
