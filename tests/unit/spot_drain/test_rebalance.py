"""Rebalance recommendations: only where there is room, and a few at a time (4b5)."""

from __future__ import annotations

from typing import Any

from spot_drain.rebalance import worth_draining


def instance(
    name: str, *, free: int = 0, status: str = "ACTIVE", agent: bool = True
) -> dict[str, Any]:
    def resources(cpu: int) -> list[dict[str, Any]]:
        return [
            {"name": "CPU", "integerValue": cpu},
            {"name": "MEMORY", "integerValue": cpu},
            {"name": "PORTS", "stringSetValue": ["22"]},
        ]

    return {
        "containerInstanceArn": name,
        "status": status,
        "agentConnected": agent,
        "registeredResources": resources(1_000),
        "remainingResources": resources(free),
    }


def test_4b5_an_instance_whose_tasks_have_room_elsewhere_is_drained():
    assert worth_draining(["a"], [instance("a"), instance("b", free=1_000)]) == ("a",)


def test_4b5_without_room_it_is_left_where_it_is():
    assert worth_draining(["a"], [instance("a"), instance("b", free=999)]) == ()


def test_4b5_room_on_an_instance_that_goes_too_or_is_not_there_is_none():
    others = [
        instance("b", free=1_000),
        instance("c", free=1_000, status="DRAINING"),
        instance("d", free=1_000, agent=False),
    ]
    assert worth_draining(["a", "b"], [instance("a"), *others]) == ()


def test_4b5_a_bulk_of_recommendations_drains_a_tenth_at_a_time():
    cluster = [instance(f"i{n:02}", free=900) for n in range(30)]
    names = [each["containerInstanceArn"] for each in cluster[:15]]
    assert worth_draining(names, cluster) == ("i00", "i01", "i02")
    cluster[20] = instance("i20", status="DRAINING")
    assert len(worth_draining(names, cluster)) == 2


def test_4b5_what_drains_already_needs_no_more():
    assert (
        worth_draining(["a"], [instance("a", status="DRAINING"), instance("b", free=9_999)]) == ()
    )
