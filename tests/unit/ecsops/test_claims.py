"""Claims against a real condition evaluator (moto), in virtual time."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ecsops.claims import Claim, Claims

LEASE_S, KEEP_S = 60, 3600
KEY = "incident#stage"


@pytest.fixture
def claims(dynamodb) -> Claims:
    return Claims(dynamodb, "ops")


def acquire(claims: Claims, owner: str, at: float, key: str = KEY) -> Claim:
    return claims.acquire(key, owner, now=at, lease_s=LEASE_S, keep_s=KEEP_S)


def test_the_first_owner_takes_it_and_the_second_finds_it_held(claims):
    assert acquire(claims, "a", 1000) is Claim.TAKEN
    assert acquire(claims, "b", 1000) is Claim.HELD


def test_keys_do_not_touch_each_other(claims):
    assert acquire(claims, "a", 1000) is Claim.TAKEN
    assert acquire(claims, "b", 1000, key="another") is Claim.TAKEN


def test_the_owner_may_take_it_again(claims):
    acquire(claims, "a", 1000)
    assert acquire(claims, "a", 1001) is Claim.TAKEN


def test_what_is_done_stays_done_after_the_lease(claims):
    acquire(claims, "a", 1000)
    assert claims.complete(KEY, "a")
    assert acquire(claims, "b", 1000) is Claim.DONE
    assert acquire(claims, "b", 1000 + LEASE_S + 1) is Claim.DONE
    assert acquire(claims, "a", 1000 + LEASE_S + 1) is Claim.DONE


def test_a_lease_that_ran_out_is_anybodys(claims):
    acquire(claims, "a", 1000)
    assert acquire(claims, "b", 1000 + LEASE_S) is Claim.HELD
    assert acquire(claims, "b", 1000 + LEASE_S + 1) is Claim.TAKEN


def test_who_lost_the_lease_can_neither_complete_nor_release(claims):
    acquire(claims, "a", 1000)
    acquire(claims, "b", 1000 + LEASE_S + 1)
    assert not claims.complete(KEY, "a")
    assert not claims.release(KEY, "a")
    assert claims.complete(KEY, "b")


def test_what_is_released_is_anybodys_at_once(claims):
    acquire(claims, "a", 1000)
    assert claims.release(KEY, "a")
    assert acquire(claims, "b", 1000) is Claim.TAKEN


def test_what_is_done_cannot_be_released(claims):
    acquire(claims, "a", 1000)
    claims.complete(KEY, "a")
    assert not claims.release(KEY, "a")
    assert acquire(claims, "b", 1001) is Claim.DONE


def test_nothing_can_be_completed_or_released_that_was_never_claimed(claims):
    assert not claims.complete(KEY, "a")
    assert not claims.release(KEY, "a")
    assert acquire(claims, "b", 1000) is Claim.TAKEN


def test_an_expired_item_that_dynamodb_has_not_deleted_yet_does_not_count(claims):
    acquire(claims, "a", 1000)
    claims.complete(KEY, "a")
    assert acquire(claims, "b", 1000 + KEEP_S) is Claim.DONE
    assert acquire(claims, "b", 1000 + KEEP_S + 1) is Claim.TAKEN
    assert claims.complete(KEY, "b")


def test_the_item_carries_its_expiry_for_the_tables_ttl(claims, dynamodb):
    acquire(claims, "a", 1000.9)
    item = dynamodb.get_item(TableName="ops", Key={"pk": {"S": KEY}})["Item"]
    assert item["expires_at"] == {"N": str(1000 + KEEP_S)}
    assert item["lease_until"] == {"N": str(1000 + LEASE_S)}


@pytest.mark.parametrize("act", ["acquire", "complete", "release"])
def test_any_other_failure_of_dynamodb_is_raised(dynamodb, act):
    claims = Claims(dynamodb, "no-such-table")
    with pytest.raises(ClientError):
        acquire(claims, "a", 1000) if act == "acquire" else getattr(claims, act)(KEY, "a")
