from __future__ import annotations

import pytest

from spot_fallback.look import evidence_of
from spot_fallback.messages import Failure
from spot_fallback.model import Evidence
from tests.unit.spot_fallback.shapes import ARN, COVER_ARN, NOW, SPOT, described, primary, shadow

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
    failures = [Failure(service, NOW, providers)]
    assert evidence_of(shape, one, shadow(2), failures) == evidence
