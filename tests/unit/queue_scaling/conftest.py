from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ecsops.observability import metrics
from tests.unit.queue_scaling.scaled import Account


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def scaled() -> Callable[..., Account]:
    return Account


@pytest.fixture(autouse=True)
def no_metrics_are_left_over() -> Iterator[None]:
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()
