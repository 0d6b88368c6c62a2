from __future__ import annotations

import pytest


@pytest.fixture
def ticking() -> frozenset[str]:
    return frozenset({"DeployGuardSweepRule"})
