"""The figures of the drought's bench can be bad: they come from the account, not from the function."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import fallback
from benchmarks.fallback import SUFFIX, Observed
from benchmarks.fallback_flicker import Market, flaps
from sandbox.ecs.twin import ServiceCounts


@pytest.fixture
def look(monkeypatch):
    monkeypatch.setattr(fallback, "SERVICES", 1)
    seen = Observed()

    def at(spot: int, cover: int) -> Observed:
        counts = {"s000": ServiceCounts(5, spot, spot, 0)}
        if cover:
            counts["s000" + SUFFIX] = ServiceCounts(cover, cover, cover, cover)
        account = SimpleNamespace(ecs=SimpleNamespace(service_counts=lambda: counts))
        fallback._look(account, seen)
        return seen

    return at


def test_a_cover_that_is_raised_too_far_is_an_overshoot(look):
    look(5, 0)
    look(2, 3)
    assert look(2, 3).overshoot == 0
    assert look(2, 5).overshoot == 2


def test_more_than_the_service_may_have_at_once_is_an_overshoot_at_any_time(look):
    look(0, 5)
    assert look(7, 5).overshoot == 2


def test_a_cover_that_waits_while_spot_is_back_is_a_surplus_and_no_overshoot(look):
    look(0, 5)
    seen = look(5, 5)
    assert (seen.overshoot, seen.surplus) == (0, 5 * fallback.LOOK_EVERY_S)


def test_a_cover_that_is_lowered_too_far_is_short(look):
    look(0, 5)
    assert look(2, 2).short == 1


def test_a_cover_that_has_to_come_back_is_a_flap(look):
    for spot, cover in ((0, 5), (5, 4), (5, 2), (1, 4), (5, 0), (3, 2)):
        seen = look(spot, cover)
    assert flaps(seen.covers["s000"]) == 2


def test_flaps_are_counted_by_the_shortage_they_happen_in():
    one = (10, *[3] * 30, 10, *[2] * 30, 10)
    assert Market("one shortage", one, one).flaps_a_shortage == 2
    three = (10, *[0] * 10, 10, *[0] * 10, 10)
    assert Market("three shortages", three, three).flaps_a_shortage == 0
