"""Freezes in their table, against a real condition evaluator (moto)."""

import pytest

from deploy_guard.ledger_store import LedgerStore
from deploy_guard.model import Freeze
from sandbox.cli import freeze_rows
from sandbox.errors import SandboxError
from tests.unit.deploy_guard.conftest import TABLE
from tests.unit.deploy_guard.situations import BEGAN, SERVICE

NOW = BEGAN


class Overtaken:
    """A client behind whose back something else happens after its first read."""

    def __init__(self, dynamodb, happens):
        self._dynamodb, self._happens = dynamodb, [happens]

    def __getattr__(self, name):
        return getattr(self._dynamodb, name)

    def get_item(self, **given):
        found = self._dynamodb.get_item(**given)
        if self._happens:
            self._happens.pop()()
        return found


def in_force(dynamodb):
    return LedgerStore(dynamodb, TABLE).read([SERVICE])[SERVICE].freezes


def states(dynamodb):
    keys = [item["pk"]["S"] for item in dynamodb.scan(TableName=TABLE)["Items"]]
    return sorted(key.rpartition("#")[2] for key in keys if key.startswith("audit#"))


def test_a_longer_freeze_made_meanwhile_is_not_cut_short(dynamodb):
    bob = Freeze("all", "bob", "migration")
    overtaken = Overtaken(dynamodb, lambda: freeze_rows.freeze(dynamodb, TABLE, bob, NOW))
    with pytest.raises(SandboxError, match=r"frozen by bob \(migration\), until somebody lifts it"):
        freeze_rows.freeze(overtaken, TABLE, Freeze("all", "ann", until=NOW + 60), NOW)
    assert in_force(dynamodb) == (bob,)
    assert states(dynamodb) == ["FROZEN"]


def test_a_freeze_that_was_replaced_meanwhile_is_lifted_as_what_it_is(dynamodb):
    freeze_rows.freeze(dynamodb, TABLE, Freeze("all", "ann", until=NOW + 60), NOW)
    bob = Freeze("all", "bob")
    overtaken = Overtaken(dynamodb, lambda: freeze_rows.freeze(dynamodb, TABLE, bob, NOW))
    assert freeze_rows.unfreeze(overtaken, TABLE, "all", "cid", NOW) == bob
    assert in_force(dynamodb) == ()
    assert states(dynamodb) == ["FROZEN", "FROZEN", "UNFROZEN"]


def test_one_that_was_lifted_meanwhile_is_lifted_once(dynamodb):
    freeze_rows.freeze(dynamodb, TABLE, Freeze("all", "ann"), NOW)
    overtaken = Overtaken(
        dynamodb, lambda: freeze_rows.unfreeze(dynamodb, TABLE, "all", "bob", NOW)
    )
    assert freeze_rows.unfreeze(overtaken, TABLE, "all", "cid", NOW) is None
    assert states(dynamodb) == ["FROZEN", "UNFROZEN"]


def test_one_that_is_over_holds_nobody_up_and_cannot_be_lifted(dynamodb):
    freeze_rows.freeze(dynamodb, TABLE, Freeze("all", "ann", until=NOW + 60), NOW)
    later = NOW + 61
    assert freeze_rows.unfreeze(dynamodb, TABLE, "all", "ann", later) is None
    short = Freeze("all", "bob", until=later + 1)
    assert freeze_rows.freeze(dynamodb, TABLE, short, later) is None
    assert in_force(dynamodb) == (short,)


@pytest.mark.parametrize(
    "written",
    [{"doc": {"S": '{"scope": "all", "by": "ann", "why": null}'}}, {"doc": {"S": "{"}}, {}],
)
def test_s18_one_that_cannot_be_read_is_a_freeze_and_hides_no_ledger(dynamodb, written):
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "freeze#all"}} | written)
    (found,) = in_force(dynamodb)
    assert found.holds(NOW)
    assert found.told == (
        "frozen by a row that cannot be read (freeze#all in the guard's table), until somebody lifts it"
    )
    with pytest.raises(SandboxError, match="a row that cannot be read"):
        freeze_rows.freeze(dynamodb, TABLE, Freeze("all", "ann", until=NOW + 60), NOW)
    assert freeze_rows.unfreeze(dynamodb, TABLE, "all", "ann", NOW) == found
    assert in_force(dynamodb) == ()
