"""The incidents of a cover from their beginning to their end, look after look, whatever fails."""

from __future__ import annotations

import pytest

from spot_fallback.model import Cover, Evidence
from spot_fallback.news import paid, settled
from spot_fallback.plan import failed, plan
from spot_fallback.telling import alerts_of
from tests.unit.spot_fallback.shapes import NOW, absent, primary, shadow

DENIED = "UpdateService: AccessDeniedException"


class Watched:
    """A service that wants 10 tasks, and all that people were told of its cover."""

    def __init__(self) -> None:
        self.now = NOW
        self.cover = Cover()
        self.desired: int | None = None
        self.told: list[tuple[str, str, str]] = []

    def look(self, on_spot=10, evidence=None, running=None, fault="", dry_run=False, **more):
        """One minute later; ``fault`` is what happens to the call, if there is one."""
        self.now += 60
        one = primary(10, on_spot, on_spot, now=self.now, **more)
        changes = {} if running is None else {"runningCount": running}
        found = absent() if self.desired is None else shadow(self.desired, **changes)
        before, unpaid = settled(self.cover, found)
        self._tell(unpaid, one)
        planned = plan(one, found, before, evidence or Evidence(), self.now, dry_run=dry_run)
        after = planned.target if planned.actions else self.desired
        if planned.actions and fault in ("denied", "timed out"):
            self.desired = after if fault == "timed out" else self.desired
            planned = failed(planned, before, DENIED, one, self.now)
        elif planned.actions and fault:
            self.desired = after if fault == "died after" else self.desired
            self.cover = planned.cover
            return planned
        else:
            self.desired = after
        self.cover = planned.cover
        if owed := planned.cover.owed:
            self._tell(owed, one)
            self.cover = paid(planned.cover, owed)
        return planned

    def short(self, on_spot, **more):
        return self.look(on_spot, Evidence(spot_at=self.now + 60), **more)

    def quiet_until(self, target):
        while self.desired != target:
            self.look()

    def _tell(self, owed, one):
        for alert in alerts_of(owed, one) if owed else []:
            self.told.append((alert.incident, alert.stage, alert.state))

    @property
    def open(self) -> set[str]:
        last = {incident: state for incident, _, state in self.told}
        return {incident for incident, state in last.items() if state == "open"}


def _grown():
    watched = Watched()
    watched.short(7)
    watched.short(4)
    watched.quiet_until(2)
    return watched


@pytest.mark.parametrize("fault", ["", "denied", "timed out", "died before", "died after"])
def test_one_incident_ends_whatever_happens_to_the_last_step_down(fault):
    watched = _grown()
    watched.look(fault=fault)
    while watched.desired:
        watched.look()
    watched.look()
    watched.look()
    assert len({incident for incident, *_ in watched.told}) == 1
    assert watched.told[-1][2] == "resolved"
    assert not watched.open


def test_the_next_shortage_is_an_incident_of_its_own():
    watched = _grown()
    watched.quiet_until(0)
    watched.short(4)
    assert len({incident for incident, *_ in watched.told}) == 2
    assert len(watched.open) == 1


@pytest.mark.parametrize("by_hand", ["set to 0", "deleted"])
def test_a_cover_that_a_person_ends_is_told_as_over_and_the_next_is_told(by_hand):
    watched = Watched()
    watched.short(4)
    watched.short(4)
    watched.desired = 0 if by_hand == "set to 0" else None
    watched.look()
    watched.look()
    assert not watched.open
    watched.short(4)
    assert watched.told[-1][1:] == ("covering-6", "open")
    assert len(watched.open) == 1


@pytest.mark.parametrize("way", ["dry-run", "wrong tag"])
def test_a_cover_that_may_not_be_changed_is_still_told_to_last(way):
    watched = Watched()
    watched.short(4)
    value = {"dry-run": "dry-run", "wrong tag": "of course"}[way]
    watched.now += 90_000
    for _ in range(3):
        planned = watched.look(4, dry_run=way == "dry-run", tags={"ecs-ops:spot-fallback": value})
        assert not planned.actions
    said = [stage for _, stage, _ in watched.told if stage.startswith("long-")]
    assert len(said) == 1
    watched.quiet_until(0)
    assert not watched.open


def test_each_shortage_of_on_demand_capacity_within_one_cover_is_told_and_so_is_its_end():
    watched = Watched()
    watched.short(4)
    for starved in (True, False, True, False):
        for _ in range(30):
            on_demand = watched.now + 60 if starved else None
            evidence = Evidence(spot_at=watched.now + 60, on_demand_at=on_demand)
            watched.look(4, evidence, running=0 if starved else 6)
    stages = [stage.partition("-")[0] for _, stage, _ in watched.told]
    assert stages == ["covering", "on", "runs", "on", "runs"]
    assert len({stage for _, stage, _ in watched.told}) == len(stages)


def test_a_cover_that_has_begun_to_grow_does_not_run_yet():
    watched = Watched()
    watched.short(4)
    for _ in range(6):
        watched.short(4, running=0)
    watched.short(3, running=0)
    watched.short(3, running=0)
    assert [stage.partition("-")[0] for _, stage, _ in watched.told] == [
        "covering",
        "idle",
        "grown",
    ]
    watched.short(3, running=7)
    assert watched.told[-1][1].startswith("runs-")
