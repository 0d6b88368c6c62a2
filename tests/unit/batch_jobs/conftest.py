"""An account in memory and the functions of batch jobs over it, one call after the other."""

import pytest

from tests.unit.batch_jobs.fake_account import Account
from tests.unit.batch_jobs.fake_functions import Functions, one_thread


@pytest.fixture(autouse=True)
def _in_turn(monkeypatch):
    one_thread(monkeypatch)


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def functions(account):
    return Functions(account)
