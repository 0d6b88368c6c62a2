"""Generated histories of a cluster of Spot instances (4b, 4d): nothing is ever done that must not be.

Duplicates, shuffles, hour-late copies, instances that come back under their own id, ports that change
hands, and a process that dies after any single call.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.ecs import App
from tests.unit.spot_drain.twin_world import TwinWorld


class Histories(RuleBasedStateMachine):
    """What AWS, the owner of the cluster, and misfortune may do."""

    @initialize(stops_in_s=st.integers(0, 60))
    def begin(self, stops_in_s: int) -> None:
        self.world = TwinWorld()
        self.world.machines.twin.behave("web", App(stops_in_s=stops_in_s))

    def _sound(self) -> list[str]:
        fleet = self.world.machines.fleet.instances.values()
        return [i.id for i in fleet if i.state == "running" and i.ends_at is None]

    @rule(
        pick=st.integers(0, 9),
        action=st.sampled_from(["terminate", "stop", "hibernate"]),
        copies=st.integers(1, 3),
        late=st.sampled_from([0, 0, 3, 40, 115]),
    )
    def spot_takes_one(self, pick: int, action: str, copies: int, late: int) -> None:
        if sound := self._sound():
            self.world.machines.fleet.interrupt([sound[pick % len(sound)]], action)
            self.world.pass_time(1, copies=copies, late=late)

    @rule(pick=st.integers(0, 9), copies=st.integers(1, 3), late=st.sampled_from([0, 0, 5, 50]))
    def the_group_lets_one_go(self, pick: int, copies: int, late: int) -> None:
        if sound := self._sound():
            self.world.machines.groups.terminate(sound[pick % len(sound)])
            self.world.pass_time(1, copies=copies, late=late)

    @rule(pick=st.integers(0, 99))
    def an_old_event_comes_again(self, pick: int) -> None:
        if history := self.world.history:
            self.world.put(history[pick % len(history)])

    @rule(count=st.integers(0, 6))
    def the_owner_scales(self, count: int) -> None:
        self.world.machines.ecs("UpdateService", cluster="prod", service="web", desiredCount=count)

    @rule(pick=st.integers(0, 9))
    def a_stopped_instance_comes_back(self, pick: int) -> None:
        """Spot gives nothing back while it is still taking: not within the two minutes."""
        fleet, long_ago = self.world.machines.fleet, self.world.clock.now() - 120
        stopped = [
            each.id
            for each in fleet.instances.values()
            if each.state == "stopped" and self.world.ended.get(each.id, 0) <= long_ago
        ]
        if stopped:
            fleet.start_again(stopped[pick % len(stopped)])

    @rule(pick=st.integers(0, 9))
    def one_is_stopped_and_back_and_its_warning_comes_again(self, pick: int) -> None:
        if sound := self._sound():
            fleet, taken = self.world.machines.fleet, sound[pick % len(sound)]
            fleet.interrupt([taken], "stop")
            self.world.pass_time(1)
            warning = self.world.history[-1]
            self.world.pass_time(130)
            self.world.machines.run(3_600)
            fleet.start_again(taken)
            self.world.recycle()
            self.world.put(warning)
            self.world.pass_time(3)

    @rule(pick=st.integers(0, 9))
    def somebody_sets_one_that_a_hook_holds_to_active(self, pick: int) -> None:
        machines = self.world.machines
        held = [
            each.arn
            for each in machines.twin._state.instances.values()
            if each.status == "DRAINING"
            and machines.fleet.instances[each.ec2_instance_id].state == "running"
        ]
        if held:
            arn = held[pick % len(held)]
            machines.ecs(
                "UpdateContainerInstancesState",
                cluster="prod",
                containerInstances=[arn],
                status="ACTIVE",
            )

    @rule(calls=st.integers(1, 12))
    def the_process_dies_soon(self, calls: int) -> None:
        self.world.crash_in = calls

    @rule(seconds=st.sampled_from([1, 5, 20, 60, 130, 400, 3_600]))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(min(seconds, 400))
        self.world.machines.run(max(0, seconds - 400))

    @invariant()
    def nothing_is_done_that_must_not_be(self) -> None:
        assert not hasattr(self, "world") or self.world.violations == []


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    # HISTORIES=1000 for an evening's run.
    max_examples=int(os.environ.get("HISTORIES", "40")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
