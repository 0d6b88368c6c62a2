"""Generated histories of a service on Fargate Spot (4a, 4d): no healthy task is ever taken out.

Every event of an interruption, in copies, in any order, up to an hour late; addresses that change hands at
once; answers that take 20 s; a process that dies after any single call.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.ecs import App
from tests.unit.spot_drain.twin_world import TwinWorld


class Histories(RuleBasedStateMachine):
    """What AWS, the owner of the service, and misfortune may do."""

    @initialize(
        stops_in_s=st.integers(0, 60),
        native=st.sampled_from(["broken", "works"]),
        count=st.integers(1, 6),
    )
    def begin(self, stops_in_s: int, native: str, count: int) -> None:
        self.world = TwinWorld(native=native)
        self.world.machines.twin.behave("site", App(stops_in_s=stops_in_s))
        self.world.add_fargate_service(count)

    @rule(
        picks=st.lists(st.integers(0, 9), min_size=1, max_size=4),
        copies=st.integers(1, 3),
        late=st.sampled_from([0, 0, 3, 8, 9, 11, 12, 24, 40, 90, 115]),
    )
    def spot_takes_some(self, picks: list[int], copies: int, late: int) -> None:
        if tasks := self.world.machines.tasks("site"):
            self.world.machines.twin.interrupt({tasks[p % len(tasks)]["taskArn"] for p in picks})
            self.world.pass_time(1, copies=copies, late=late)

    @rule(pick=st.integers(0, 9))
    def an_address_changes_hands(self, pick: int) -> None:
        """The first task's address goes to the replacement of the second."""
        for _ in range(2):
            if tasks := self.world.machines.tasks("site"):
                self.world.machines.twin.interrupt([tasks[pick % len(tasks)]["taskArn"]])
                self.world.pass_time(150)

    @rule(pick=st.integers(0, 99), by_another=st.booleans())
    def an_old_event_comes_again(self, pick: int, by_another: bool) -> None:
        if history := self.world.history:
            if by_another:
                self.world.recycle()
            self.world.put(history[pick % len(history)])
            self.world.pass_time(3)

    @rule(count=st.integers(1, 6))
    def the_owner_scales(self, count: int) -> None:
        self.world.machines.ecs("UpdateService", cluster="prod", service="site", desiredCount=count)

    @rule()
    def the_owner_deploys(self) -> None:
        self.world.machines.ecs(
            "UpdateService", cluster="prod", service="site", forceNewDeployment=True
        )

    @rule(calls=st.integers(1, 12))
    def the_process_dies_soon(self, calls: int) -> None:
        self.world.crash_in = calls

    @rule(answers=st.integers(1, 4), seconds=st.integers(1, 20))
    def ecs_answers_late(self, answers: int, seconds: int) -> None:
        self.world.slow = (answers, seconds)

    @rule()
    def another_process_takes_over(self) -> None:
        self.world.recycle()

    @rule(
        seconds=st.sampled_from([1, 2, 5, 20, 60, 130, 400, 3_600]),
        copies=st.integers(1, 2),
        late=st.sampled_from([0, 5, 30]),
    )
    def time_passes(self, seconds: int, copies: int, late: int) -> None:
        self.world.pass_time(min(seconds, 400), copies=copies, late=late)
        self.world.machines.run(max(0, seconds - 400))

    @invariant()
    def no_healthy_task_is_taken_out(self) -> None:
        assert not hasattr(self, "world") or self.world.violations == []


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    # HISTORIES=2000: `make histories`.
    max_examples=int(os.environ.get("HISTORIES", "40")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
