"""A watch that cannot be worked on outlives the few receives that its queue allows."""

from __future__ import annotations

from dataclasses import replace as replace_occupant
from typing import Any

import pytest
from msgspec.structs import replace

from ecsops.errors import CallFailed
from ecsops.queue import Message
from spot_drain.hold import MAX_HOLD_S
from spot_drain.instance_round import in_a_crowd
from spot_drain.occupants import Occupants, Task
from spot_drain.others import OtherWorker
from spot_drain.plan import Occupant
from spot_drain.watching import Hook, Watched, watch_bodies
from tests.unit.spot_drain.builders import NOW

HELD = Watched(
    "i-1", "", "", NOW, None, Hook("spot", "ecs-ops", "token", NOW + 15, NOW + MAX_HOLD_S), ()
)
TAKEN = Watched("i-2", "", "", NOW, NOW + 120, None, ())


class Broken:
    """Every look fails."""

    def look(self, *_: Any, **__: Any) -> None:
        raise CallFailed("SendMessageBatch", "InternalError", "a part was refused")


@pytest.fixture
def work(world):
    def at(now: float, receive_count: int, *watched: Watched) -> set[str]:
        other = OtherWorker(world.worker, None, Broken(), None, None, None)  # type: ignore[arg-type]
        ((_, body),) = watch_bodies([(each, now) for each in watched], now)
        return other.work([Message("m1", body, receive_count)], now)

    return at


@pytest.mark.parametrize("receives", [1, 2, 3])
def test_a_watch_that_fails_is_tried_again_by_the_queue(world, work, receives):
    assert work(NOW + 60, receives, HELD) == {"m1"}
    assert world.sqs.sent == []


@pytest.mark.parametrize("receives", [4, 5])
def test_before_the_queue_gives_it_up_it_goes_on_in_a_message_of_its_own(world, work, receives):
    assert work(NOW + 60, receives, TAKEN, HELD) == set()
    [(delay, body)] = world.sqs.sent
    assert delay == 15
    assert body == watch_bodies([(TAKEN, NOW), (HELD, NOW)], NOW)[0][1]


def test_if_not_even_that_can_be_sent_the_queue_keeps_it(world, work):
    world.sqs.failing = True
    assert work(NOW + 60, 4, HELD) == {"m1"}


@pytest.mark.parametrize(("watched", "lives_until"), [(TAKEN, NOW + 120), (HELD, NOW + 48 * 3_600)])
def test_what_is_gone_is_not_kept_for_ever(world, work, watched, lives_until):
    assert work(lives_until - 1, 4, watched) == set()
    assert work(lives_until, 4, watched) == {"m1"}
    assert len(world.sqs.sent) == 1


def test_those_that_will_be_stopped_at_the_same_time_elsewhere_are_the_crowd():
    """Daemons apart, whoever may not be stopped takes nobody's time."""
    one, two = TAKEN, replace(TAKEN, instance_id="i-3")
    running = Occupant("a", "RUNNING", "RUNNING")
    others = [
        replace_occupant(running, last_status="STOPPED"),
        replace_occupant(running, desired_status="STOPPED"),
        replace_occupant(running, mode="off"),
    ]
    tasks = {
        one.key: [Task(each, None, None) for each in (running, running)],  # type: ignore[arg-type]
        two.key: [Task(each, None, None) for each in (running, *others)],  # type: ignore[arg-type]
        HELD.key: [Task(running, None, None)],  # type: ignore[arg-type]
    }
    crowded = in_a_crowd([one, two, HELD], Occupants(tasks))
    assert [each.crowd for each in crowded] == [1, 2, 0]
