"""Launches that a limit holds up: held together, and let go as soon as one gets through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_jobs.brakes import MOST_S, Seen, after, most_of
from batch_jobs.ids import run_of_slot
from batch_jobs.pace import Candidate, filled, share
from batch_jobs.rows import Brake, Buckets
from batch_jobs.times import iso
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Account
from tests.unit.batch_jobs.fake_functions import Functions, one_thread

NOW = 1000.0
SCOPE = "prod/FARGATE"


def passes(*seen, brakes=None):
    for one in seen:
        brakes = after(brakes or {}, {SCOPE: one}, NOW)
    return brakes


def test_what_gets_through_needs_no_brake():
    assert passes(Seen(launched=20)) == {}
    assert passes(Seen(launched=19, throttled=1)) == {}


def test_while_nothing_gets_through_the_wait_doubles_up_to_five_minutes():
    refused = Seen(quota=1)
    waits = [passes(*[refused] * times)[SCOPE].wait for times in range(1, 10)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, MOST_S]
    assert passes(Seen(throttled=20))[SCOPE].until == NOW + 2


def test_then_one_tries_and_twice_as_many_with_each_pass_that_gets_through():
    brakes = passes(Seen(quota=20))
    assert most_of(brakes, NOW) == {SCOPE: 0}
    assert most_of(brakes, NOW + 2) == {SCOPE: 1}
    allowed = []
    while brakes:
        allowed.append(most_of(brakes, NOW + 2)[SCOPE])
        brakes = passes(Seen(launched=allowed[-1]), brakes=brakes)
    assert allowed == [1, 2, 4, 8, 16, 32]


def test_a_quota_that_lets_some_through_begins_with_a_short_wait_again():
    brakes = passes(*[Seen(quota=1)] * 6)
    assert passes(Seen(launched=3, quota=1), brakes=brakes)[SCOPE].wait == 2


def test_a_brake_holds_its_own_cluster_and_capacity_only():
    brakes = {SCOPE: Brake(until=NOW + 5, wait=5)}
    held, other = (
        Candidate(name, name, 5, "FARGATE", 4, scope=scope)
        for name, scope in (("held", SCOPE), ("other", "test/FARGATE"))
    )
    buckets = filled(Buckets(at=NOW, brakes=brakes), NOW)
    assert share([held, other], buckets, 100)[0] == {"other": 4}
    later = filled(buckets, NOW + 5)
    shares, left = share([held, other], later, 100)
    assert shares == {"held": 1, "other": 4}
    assert left.brakes == brakes


@given(st.lists(st.builds(Seen, *[st.integers(0, 3)] * 3), max_size=30))
def test_no_brake_waits_longer_than_the_longest_nor_stops_for_ever(seen):
    for brake in (passes(*seen) or {}).values():
        assert 0 < brake.wait <= MOST_S
        assert most_of({SCOPE: brake}, brake.until)[SCOPE] >= 1


@pytest.fixture
def account(monkeypatch):
    one_thread(monkeypatch)
    account = Account()
    account.delays = True
    return account


def ask(account, count):
    retries = {"launch": 0, "backoff": "1s", "maxBackoff": "10s"}
    fields = {"slot": iso(account.now), "fanOut": {"count": count}, "retries": retries}
    account.queues["submit"].append(json.dumps(builders.document(**fields)))
    return run_of_slot("nightly", account.now)


def test_a_quota_holds_the_run_and_costs_few_calls(account):
    functions = Functions(account)
    run = ask(account, 60)
    account.quota = 10

    functions.work(600)
    assert len(account.running(run)) == 10
    # One by one each of the 50 shards would have been refused some 60 times.
    assert account.launches < 40

    for _ in range(60):
        for arns in list(account.running(run).values()):
            account.stop(arns[0], "EssentialContainerExited", 0)
        functions.work(60)
    assert functions.run(run).state == "SUCCEEDED"
    assert len(account.tasks) == 60
    assert account.launches < 180


def test_too_many_provisioning_tasks_are_waited_for_ever_longer(account):
    functions = Functions(account)
    run = ask(account, 30)
    account.provisioning_is_full = True

    functions.work(600)
    assert functions.run(run).state == "RUNNING"
    assert account.launches < 40
    # Nobody polls for it either.
    assert account.queries < 60

    account.provisioning_is_full = False
    functions.work(330)
    assert len(account.running(run)) == 30
