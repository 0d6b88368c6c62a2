"""When instances are looked at again: never before it is due."""

from __future__ import annotations

import pytest

from spot_drain.watching import Watched, read_watch, watch_bodies


def _instance(number: int) -> Watched:
    name = f"i-{number:017x}"
    return Watched(
        name,
        f"arn:aws:ecs:eu-central-1:111122223333:container-instance/shop/{number:032x}",
        "",
        0.0,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("ahead_s", "delay"),
    [(-3.0, 0), (0.0, 0), (0.001, 1), (0.4, 1), (0.5, 1), (1.0, 1), (19.2, 20), (5_000.0, 900)],
)
def test_a_look_is_never_taken_before_it_is_due(ahead_s: float, delay: int) -> None:
    now = 1_000_000.0
    [(planned, body)] = watch_bodies([(_instance(1), now + ahead_s)], now)
    assert (planned, read_watch(body).instances) == (delay, (_instance(1),))


def test_instances_due_in_the_same_second_share_a_message_of_at_most_forty() -> None:
    now = 1_000_000.0
    bodies = watch_bodies(
        [(_instance(number), now + 2.1 + number / 1000) for number in range(90)], now
    )
    assert [(delay, len(read_watch(body).instances)) for delay, body in bodies] == [
        (3, 40),
        (3, 40),
        (3, 10),
    ]
