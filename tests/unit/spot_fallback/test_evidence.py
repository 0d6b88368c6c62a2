from __future__ import annotations

import pytest

from spot_fallback.described import primary_of
from spot_fallback.look import evidence_of
from spot_fallback.messages import Failure
from spot_fallback.model import Evidence
from tests.unit.spot_fallback.shapes import (
    ARN,
    COVER_ARN,
    NOW,
    SPOT,
    described,
    moment,
    primary,
    shadow,
)

MIXED = [*SPOT, {"capacityProvider": "FARGATE", "base": 2, "weight": 0}]
SPOT_SHORT, ON_DEMAND_SHORT = Evidence(spot_at=NOW), Evidence(on_demand_at=NOW)


@pytest.mark.parametrize(
    ("strategy", "service", "providers", "evidence"),
    [
        (SPOT, ARN, ("FARGATE_SPOT",), SPOT_SHORT),
        (MIXED, ARN, ("FARGATE", "FARGATE_SPOT"), SPOT_SHORT),
        (MIXED, ARN, ("FARGATE",), ON_DEMAND_SHORT),
        (SPOT, ARN, (), SPOT_SHORT),
        # It may just as well be the on-demand part that found no place.
        (MIXED, ARN, (), Evidence()),
        (SPOT, COVER_ARN, ("FARGATE",), ON_DEMAND_SHORT),
        (SPOT, f"{ARN}-other", ("FARGATE_SPOT",), Evidence()),
    ],
)
def test_a_shortage_of_spot_is_told_from_one_of_on_demand(strategy, service, providers, evidence):
    shape = described(capacityProviderStrategy=strategy)
    one = primary(capacityProviderStrategy=strategy)
    failures = [Failure(service, NOW, providers, "RESOURCE:FARGATE")]
    assert evidence_of(shape, one, shadow(2), failures) == evidence


@pytest.mark.parametrize("reason", ["RESOURCE:ENI", "ATTRIBUTE", "LIMIT", None])
def test_what_is_no_lack_of_capacity_is_no_shortage_but_holds_up_a_cover(reason):
    short = [Failure(ARN, NOW, ("FARGATE_SPOT",), reason), Failure(ARN, NOW, ("FARGATE",), reason)]
    assert evidence_of(described(), primary(), shadow(2), short) == Evidence()
    of_the_cover = [Failure(COVER_ARN, NOW, ("FARGATE",), reason)]
    assert evidence_of(described(), primary(), shadow(2), of_the_cover) == ON_DEMAND_SHORT


INSTANCES = {"ecs-ops:spot-fallback-provider": "on-demand"}
CLOSEST = (
    "was unable to place a task because no container instance met all of its requirements. Reason: "
)


@pytest.mark.parametrize(
    ("reason", "message", "short"),
    [
        ("RESOURCE:CPU", "the closest matching one has insufficient CPU units available", True),
        ("RESOURCE:MEMORY", "the closest matching one has insufficient memory available", True),
        ("EMPTY CAPACITY PROVIDER", "No Container Instances were found in your cluster", True),
        ("RESOURCE:PORTS", "the closest matching one is already using a port required by your task", False),
        ("ATTRIBUTE", "the closest matching one is missing an attribute required by your task", False),
        ("AGENT", 'the closest matching one encountered error "AGENT"', False),
    ],
)  # fmt: skip
def test_on_instances_a_lack_of_cpu_memory_or_instances_is_a_shortage(reason, message, short):
    strategy = [{"capacityProvider": "spot", "weight": 1}]
    said = [{"message": f"(service web) {CLOSEST}{message}.", "createdAt": moment(NOW)}]
    shape = {"capacityProviderStrategy": strategy, "tags": INSTANCES, "events": said}
    one = primary_of(described(**shape), None, NOW)
    failures = [Failure(ARN, NOW, ("spot",), reason)]
    assert evidence_of(described(**shape), one, shadow(2), failures).spot_at == (
        NOW if short else None
    )
    assert one.unplaced is not None
    assert one.unplaced.short == short
