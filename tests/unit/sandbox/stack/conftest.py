import pytest

from sandbox.account import Account


@pytest.fixture
def account():
    with Account(seed=7) as opened:
        yield opened
