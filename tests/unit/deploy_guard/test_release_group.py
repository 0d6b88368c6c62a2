"""Who goes back with one that failed, in which turn, and who stays and why."""

import msgspec
import pytest

from deploy_guard import signals
from deploy_guard.ledger import absorb, is_open
from deploy_guard.model import Ledger, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.release_group import TURN_S, Plan, plan, turn
from deploy_guard.signals import Follow
from tests.unit.deploy_guard.situations import ACCOUNT, BEGAN, row

API, WEB, WORKER = (f"{ACCOUNT}:service/prod/{name}" for name in ("api", "web", "worker"))
FAILED = row(43)
AUTO = {"ecs-ops:group-rollback": "auto"}
SETTINGS = OwnerSettings(mode="auto", release_group="shop", group_rollback="auto")
NOW = BEGAN + 43_300


def released(service, *, after=60.0, **fields):
    """The ledger of a service whose latest version was released that long after the failed one."""
    fields = {"outcome": Outcome.SUCCEEDED} | fields
    latest = msgspec.structs.replace(row(43), began=FAILED.began + after, **fields)
    return Ledger(service, (latest, row(42)))


def planned(*ledgers, settings=SETTINGS, blame="release", **tags):
    others = {one.service: AUTO | tags.get(one.service[-3:], {}) for one in ledgers}
    return plan(FAILED, settings, blame, others, {one.service: one for one in ledgers})


def stays(of):
    (member,) = of.members
    return member.stays


def test_who_was_released_with_it_follows_in_the_order_of_the_tag():
    first = {"ecs-ops:release-order": "1"}
    found = planned(released(WEB), released(WORKER), web={"ecs-ops:release-order": "2"}, ker=first)
    assert [(one.name, one.order, one.stays) for one in found.members] == [
        ("prod/worker", 1, None),
        ("prod/web", 2, None),
    ]
    worker, web = found.orders(FAILED, API, "incident", NOW)
    assert (worker.service, worker.follows.before) == (WORKER, ())
    assert (web.service, web.follows.before) == (WEB, (WORKER,))
    assert web.follows.deployment == FAILED.id


def test_those_with_the_same_number_go_side_by_side():
    orders = planned(released(WEB), released(WORKER)).orders(FAILED, API, "incident", NOW)
    assert [one.follows.before for one in orders] == [(), ()]


@pytest.mark.parametrize(("after", "part"), [(1799, True), (-1799, True), (1801, False)])
def test_only_what_was_released_within_the_window_is_part_of_it(after, part):
    assert bool(planned(released(WEB, after=after)).members) is part


def test_a_service_that_is_not_known_or_went_back_already_is_no_part_of_it():
    back = released(WEB, rolls_back="something")
    assert planned(Ledger(WORKER), back).members == ()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"settings": msgspec.structs.replace(SETTINGS, group_rollback="alert")}, "only told"),
        ({"blame": "capacity"}, "no version is to blame"),
        ({"blame": "infra"}, "no version is to blame"),
        ({"web": {"ecs-ops:group-rollback": "alert"}}, "its own tag"),
        ({"web": {"ecs-ops:group-rollback": "automatic"}}, "its own tag"),
        ({"web": {"ecs-ops:release-order": "-1"}}, "expected a number from 0 to 999"),
    ],
)
def test_whoever_stays_is_told_why(given, why):
    assert why in stays(planned(released(WEB), **given))


def test_what_has_failed_itself_goes_its_own_way():
    assert stays(planned(released(WEB, outcome=Outcome.FAILED))) == "it is failed itself"


def follows(before=()):
    (one,) = planned(released(WEB)).orders(FAILED, API, "incident", NOW)
    return msgspec.structs.replace(one.follows, before=tuple(before))


def of_leader(outcome):
    return {API: Ledger(API, (msgspec.structs.replace(FAILED, outcome=outcome),))}


@pytest.mark.parametrize("outcome", [Outcome.ROLLING_BACK, Outcome.ROLLED_BACK])
def test_its_turn_comes_when_the_one_that_failed_goes_back(outcome):
    assert turn(follows(), of_leader(outcome), NOW).allows


@pytest.mark.parametrize("outcome", [Outcome.SUPERSEDED, Outcome.FAILED, Outcome.ROLLBACK_FAILED])
def test_it_does_not_follow_one_that_does_not_go_back(outcome):
    rule = turn(follows(), of_leader(outcome), NOW)
    assert not rule.allows
    assert rule.until is None
    assert str(outcome) in rule.says


def test_a_leader_that_nobody_remembers_leads_nobody():
    assert not turn(follows(), {}, NOW).allows


def test_it_waits_for_those_before_it_and_never_overtakes_them():
    one = follows([WORKER])
    going = released(WORKER, outcome=Outcome.ROLLING_BACK, follows=follows())
    waits = turn(one, of_leader(Outcome.ROLLED_BACK) | {WORKER: going}, NOW)
    assert not waits.allows
    assert waits.until is not None
    late = turn(one, of_leader(Outcome.ROLLED_BACK) | {WORKER: going}, NOW + TURN_S)
    assert not late.allows
    assert late.until is None
    back = released(WORKER, outcome=Outcome.ROLLED_BACK, follows=follows())
    assert turn(one, of_leader(Outcome.ROLLED_BACK) | {WORKER: back}, NOW + TURN_S).allows


def test_a_rollback_of_another_day_is_not_the_turn_before():
    another = msgspec.structs.replace(follows(), deployment="another")
    back = released(WORKER, outcome=Outcome.ROLLED_BACK, follows=another)
    assert not turn(follows([WORKER]), of_leader(Outcome.ROLLED_BACK) | {WORKER: back}, NOW).allows


def test_the_message_survives_the_queue_and_keeps_its_row_open_once():
    (one,) = planned(released(WEB)).orders(FAILED, API, "incident", NOW)
    assert signals.read(signals.encode(one)) == one
    ledger = absorb(released(WEB), [one])
    assert ledger.deployments[0].follows == one.follows
    assert is_open(ledger.deployments[0])
    later = Follow(one.service, one.latest, msgspec.structs.replace(one.follows, deployment="x"))
    assert absorb(ledger, [later]) == ledger


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.SUPERSEDED])
def test_a_message_that_comes_too_late_changes_nothing(outcome):
    (one,) = planned(released(WEB)).orders(FAILED, API, "incident", NOW)
    ledger = released(WEB, outcome=outcome)
    assert absorb(ledger, [one]) == ledger


def test_nobody_follows_in_an_empty_plan():
    assert Plan("shop").orders(FAILED, API, "incident", NOW) == []
