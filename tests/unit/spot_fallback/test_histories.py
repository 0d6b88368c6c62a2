"""Whatever happens to Spot, to on-demand capacity, to the function and to the cover: invariants hold.

A model of ECS in a few lines, a minute a step; the decisions are the shipped ones.
"""

from __future__ import annotations

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from spot_fallback.model import Cover, Evidence
from spot_fallback.plan import Create, Update, plan
from tests.unit.spot_fallback.shapes import NO_PLACE, NOW, absent, moment, primary, shadow

DESIRED = 8


class Histories(RuleBasedStateMachine):
    """Spot comes and goes; looks are lost, doubled, or die half-way; people interfere."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.room = DESIRED  # how many tasks Spot has room for
        self.on_spot = DESIRED
        self.desired = DESIRED
        self.cover: int | None = None
        self.running_cover = 0
        self.remembered = Cover()
        self.most: int | None = None
        self.percent = 200
        self.deploying = False
        self.lowered_while_missing = False
        self.raised_too_far = False
        self.acted_in_a_deployment = False

    @rule(room=st.integers(0, DESIRED + 2))
    def market(self, room: int) -> None:
        self.room = room
        self.on_spot = min(self.on_spot, room)

    @rule(desired=st.integers(0, DESIRED))
    def scale(self, desired: int) -> None:
        self.desired = desired
        self.on_spot = min(self.on_spot, desired)

    @rule(most=st.none() | st.integers(1, DESIRED))
    def limit(self, most: int | None) -> None:
        self.most = most

    @rule(percent=st.sampled_from([100, 125, 150, 200]))
    def surge(self, percent: int) -> None:
        self.percent = percent

    @rule(on=st.booleans())
    def deployment(self, on: bool) -> None:
        self.deploying = on

    @rule(count=st.integers(0, DESIRED))
    def interfere(self, count: int) -> None:
        if self.cover is not None:
            self.cover = count

    @rule()
    def delete_the_cover(self) -> None:
        self.cover, self.running_cover = None, 0

    @rule(minutes=st.integers(1, 30), told=st.booleans())
    def time_passes(self, minutes: int, told: bool) -> None:
        """ECS fills what there is room for, then the function looks; the event may be lost."""
        for _ in range(minutes):
            self.now += 60
            self.on_spot = min(self.desired, self.room)
            self.running_cover = self.cover or 0
            self._look(told=told, dies=None)

    @rule(dies=st.sampled_from(["before writing", "after writing", "after acting"]))
    def a_look_dies(self, dies: str) -> None:
        self._look(told=True, dies=dies)

    @rule()
    def the_event_comes_twice_and_late(self) -> None:
        for _ in range(2):
            self._look(told=True, dies=None, age=120.0)

    def _look(self, *, told: bool, dies: str | None, age: float = 0.0) -> None:
        short = self.on_spot < self.desired and self.on_spot == self.room
        said = [{"message": NO_PLACE, "createdAt": moment(self.now - 30)}]
        one = primary(
            self.desired,
            self.on_spot,
            self.on_spot,
            now=self.now,
            events=said if short else [],
            deploymentConfiguration={"maximumPercent": self.percent, "minimumHealthyPercent": 50},
            tags={} if self.most is None else {"ecs-ops:spot-fallback-max": str(self.most)},
            deployments=[
                {
                    "status": "PRIMARY",
                    "rolloutState": "IN_PROGRESS" if self.deploying else "COMPLETED",
                }
            ],
        )
        cover = absent() if self.cover is None else shadow(self.cover)
        evidence = Evidence(spot_at=self.now - age) if short and told else Evidence()
        planned = plan(one, cover, self.remembered, evidence, self.now, dry_run=False)
        if dies == "before writing":
            return
        self.remembered = planned.cover
        if dies == "after writing":
            return
        before = self.cover or 0
        for action in planned.actions:
            assert isinstance(action, Create | Update)
            if action.desired is not None:
                self.cover = action.desired
        after = self.cover or 0
        allowed = self.desired if self.most is None else min(self.desired, self.most)
        missing = min(allowed, max(0, self.desired - self.on_spot))
        self.raised_too_far |= after > before and after > missing
        self.lowered_while_missing |= after < before and after < missing
        self.acted_in_a_deployment |= self.deploying and after != before
        if not self.deploying and not dies:
            assert after <= allowed, "a cover is no larger than its service, nor than was allowed"
            at_once = self.desired * self.percent // 100
            assert self.on_spot + after <= at_once, "no more at once than maximumPercent allows"
        if not self.deploying and not dies and short:
            assert after >= missing, "a shortage that was seen is covered at once"

    @invariant()
    def never_more_than_what_is_missing_is_added(self) -> None:
        assert not self.raised_too_far

    @invariant()
    def never_fewer_than_what_is_missing_are_left(self) -> None:
        assert not self.lowered_while_missing

    @invariant()
    def nothing_happens_in_a_deployment(self) -> None:
        assert not self.acted_in_a_deployment


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=int(os.environ.get("HISTORIES", "150")), stateful_step_count=25, deadline=None
)
