from __future__ import annotations

import pytest

from spot_drain.storm import INSTALMENT_S, QUIET_S, Tally
from tests.unit.spot_drain.builders import service_arn

ARN = service_arn()
BEGAN = 1_772_442_000


@pytest.mark.parametrize(
    ("quiet_s", "lasted_s", "over"),
    [
        (QUIET_S, QUIET_S, True),
        (QUIET_S - 1, QUIET_S - 1, False),
        (0, INSTALMENT_S, True),
        (0, INSTALMENT_S - 1, False),
        (86_400, 90_000, True),
    ],
)
def test_a_storm_is_over_when_it_is_quiet_or_told_in_instalments(quiet_s, lasted_s, over):
    now = BEGAN + lasted_s
    assert Tally(ARN, BEGAN, now - quiet_s).is_over(now) is over
