"""When instances are looked at again: never before it is due."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from spot_drain.instance_round import Round
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


def test_a_task_that_was_not_taken_out_is_looked_at_soon_and_is_not_done() -> None:
    """Its service's revisions could not be read: no second look knows those groups."""
    this, now = Round(), 1_000.0
    done, quiet = (replace(_instance(n), left=("a", "b")) for n in (1, 2))
    later = replace(_instance(3), left=("c",))
    this.planned = [(done, now + 60), (quiet, None), (later, now + 60)]

    assert this.next_looks({"b"}, now) == [
        (replace(done, left=("a",)), now + 5),
        (replace(quiet, left=("a",)), now + 5),
        (later, now + 60),
    ]
    assert this.next_looks(set(), now) == [(done, now + 60), (later, now + 60)]
