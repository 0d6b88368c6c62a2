"""Tallies against a real update-expression evaluator (moto)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ecsops.errors import CallFailed
from spot_drain.storm import Tally
from spot_drain.tally import Added, Tallies
from tests.unit.spot_drain.builders import service_arn

NOW = 1_772_442_000.7
ARN = service_arn()


@pytest.fixture
def tallies(dynamodb) -> Tallies:
    return Tallies(dynamodb, "ops")


def add(tallies: Tallies, at: float = NOW, **sets: str):
    """``add(tallies, native="ab")``: tasks a and b; when the storm began, and what was new."""
    added = everything(tallies, at, **sets)
    return added.began, added.new


def everything(tallies: Tallies, at: float = NOW, **sets: str) -> Added:
    return tallies.add(ARN, {name: frozenset(tasks) for name, tasks in sets.items()}, now=at)


def read(tallies: Tallies) -> Tally | None:
    return next(iter(tallies.read([ARN])), None)


def test_a_service_without_a_storm_has_no_tally(tallies):
    assert read(tallies) is None


def test_the_first_addition_begins_the_storm(tallies):
    assert add(tallies, native="ab", groups="g") == (
        int(NOW),
        {"native": frozenset("ab"), "groups": frozenset("g")},
    )
    tally = read(tallies)
    assert (tally.first_at, tally.last_at) == (int(NOW), int(NOW))
    assert tally.native == frozenset("ab")
    assert tally.groups == frozenset("g")


def test_later_additions_keep_the_beginning_and_move_the_end(tallies):
    add(tallies, native="a")
    began, new = add(tallies, NOW + 60, native="b")
    assert (began, new) == (int(NOW), {"native": frozenset("b")})
    tally = read(tallies)
    assert (tally.first_at, tally.last_at) == (int(NOW), int(NOW) + 60)
    assert tally.native == frozenset("ab")


def test_a_redelivered_message_adds_nothing_new(tallies):
    """4d: Lambda retry after half the work; duplicate."""
    add(tallies, native="ab", backstop="c")
    _, new = add(tallies, native="ab", backstop="c")
    assert new == {"native": frozenset(), "backstop": frozenset()}
    assert len(read(tallies).tasks) == 3


def test_an_addition_of_nothing_only_moves_the_end(tallies):
    _, new = add(tallies, native="", groups="")
    assert new == {}
    assert read(tallies).tasks == frozenset()


@pytest.mark.parametrize(("one", "other"), [("backstop", "native"), ("stuck", "backstop")])
def test_of_two_verdicts_on_a_task_the_weightier_counts(tallies, one, other):
    """One function took it out, the other found it leaving."""
    add(tallies, **{one: "ab"})
    _, new = add(tallies, **{other: "bc"})
    assert new == {other: frozenset("c")}
    tally = read(tallies)
    assert getattr(tally, one) == frozenset("ab")
    assert getattr(tally, other) == frozenset("c")


def test_a_weightier_verdict_later_on_replaces_the_lighter_one(tallies):
    add(tallies, native="a")
    _, new = add(tallies, stuck="a")
    assert new == {"stuck": frozenset("a")}
    tally = read(tallies)
    assert (tally.native, tally.stuck) == (frozenset(), frozenset("a"))
    assert len(tally.tasks) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("native", "backstop"), ("backstop", "native"), ("stuck", "unattributed")]
)
def test_a_task_counts_once_however_it_is_judged(tallies, one, other):
    """Two processes judge it differently, in whatever order."""
    assert everything(tallies, **{one: "ab"}, notes="n").tasks == frozenset("ab")
    assert everything(tallies, NOW + 1, **{other: "bc"}).tasks == frozenset("c")
    tell(tallies)
    assert everything(tallies, NOW + 2, **{one: "cd"}).tasks == frozenset("d")
    assert everything(tallies, NOW + 3, **{other: "ade"}).tasks == frozenset("e")


def test_every_kind_of_verdict_is_kept(tallies):
    kinds = ("native", "backstop", "unattributed", "stuck", "plain", "would", "notes")
    add(tallies, **{kind: str(n) for n, kind in enumerate(kinds)})
    tally = read(tallies)
    assert [getattr(tally, kind) for kind in kinds] == [frozenset(str(n)) for n in range(7)]


def test_a_told_storm_is_forgotten(tallies):
    add(tallies, native="a")
    assert tallies.close(read(tallies))
    assert read(tallies) is None


def test_a_storm_that_went_on_meanwhile_is_kept(tallies):
    add(tallies, native="a")
    told = read(tallies)
    add(tallies, NOW + 1, native="b")
    assert not tallies.close(told)
    assert read(tallies).native == frozenset("ab")


def test_a_storm_that_somebody_else_has_closed_is_no_error(tallies):
    add(tallies, native="a")
    told = read(tallies)
    assert tallies.close(told)
    assert tallies.close(told)
    assert read(tallies) is None


def tell(tallies: Tallies) -> None:
    assert tallies.close(read(tallies))


def test_a_later_event_of_a_told_task_is_no_news(tallies):
    """Another process, which does not remember the task."""
    add(tallies, backstop="ab", groups="g")
    tell(tallies)
    assert add(tallies, NOW + 60, native="a", groups="g", notes="n") == (int(NOW), {})
    assert read(tallies) is None


def test_a_task_that_was_not_told_of_begins_a_storm_of_its_own(tallies):
    add(tallies, backstop="ab")
    tell(tallies)
    began, new = add(tallies, NOW + 60, native="abc", groups="g")
    assert (began, new) == (int(NOW) + 60, {"native": frozenset("c")})
    tally = read(tallies)
    assert (tally.first_at, tally.last_at) == (began, began)
    assert (tally.tasks, tally.groups) == (frozenset("c"), frozenset("g"))


def test_what_was_told_two_storms_ago_is_no_news_either(tallies):
    add(tallies, backstop="a")
    tell(tallies)
    add(tallies, NOW + 60, backstop="b")
    tell(tallies)
    assert add(tallies, NOW + 120, native="ab") == (int(NOW) + 60, {})
    began, new = add(tallies, NOW + 130, native="abc")
    assert (began, new) == (int(NOW) + 130, {"native": frozenset("c")})


def test_what_was_told_before_a_storm_stays_told_within_it(tallies):
    add(tallies, backstop="a")
    tell(tallies)
    add(tallies, NOW + 60, backstop="b")
    began, new = add(tallies, NOW + 70, native="ab")
    assert began == int(NOW) + 60
    assert not new["native"]
    assert read(tallies).tasks == frozenset("b")


def test_a_storm_that_nobody_told_is_not_mixed_with_one_two_hours_later(tallies):
    add(tallies, native="a", notes="old")
    began, new = add(tallies, NOW + 7200, native="b")
    assert (began, new) == (int(NOW) + 7200, {"native": frozenset("b")})
    tally = read(tallies)
    assert (tally.first_at, tally.tasks, tally.notes) == (began, frozenset("b"), frozenset())


@pytest.mark.parametrize(("pause", "began"), [(600, 0), (602, 602)])
def test_a_storm_is_another_one_after_ten_minutes_of_silence(tallies, pause, began):
    add(tallies, native="a")
    assert add(tallies, NOW + pause, native="b")[0] == int(NOW) + began


@pytest.mark.parametrize("told", [True, False])
def test_of_two_writers_that_begin_a_storm_the_slower_one_joins_it(dynamodb, told):
    """Both saw the storm that is over; the other one writes between the look and the write."""
    faster = Tallies(dynamodb, "ops")

    class Slow:
        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def put_item(self, **params):
            if not done:
                done.append(add(faster, NOW + 7200, backstop="bc"))
            return dynamodb.put_item(**params)

    done: list = []
    add(faster, native="a")
    if told:
        tell(faster)
    began, new = add(Tallies(Slow(), "ops"), NOW + 7201, native="cd")
    assert done == [(int(NOW) + 7200, {"backstop": frozenset("bc")})]
    assert (began, new) == (int(NOW) + 7200, {"native": frozenset("d")})
    tally = read(faster)
    assert (tally.backstop, tally.native) == (frozenset("bc"), frozenset("d"))


def test_a_tally_that_changes_under_every_try_is_a_failed_call(dynamodb):
    class Busy:
        tries = 0

        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def put_item(self, **params):
            self.tries += 1
            other = Tallies(dynamodb, "ops")
            add(other, NOW + self.tries, native=f"{self.tries}")
            tell(other)
            return dynamodb.put_item(**params)

    tallies = Tallies(dynamodb, "ops")
    add(tallies, native="a")
    tell(tallies)
    with pytest.raises(CallFailed, match="too fast"):
        add(Tallies(Busy(), "ops"), NOW + 1, native="z")


def test_services_have_tallies_of_their_own(tallies):
    add(tallies, native="a")
    assert tallies.read([service_arn("api")]) == []


def test_many_tallies_are_read_in_few_calls_and_none_is_forgotten(dynamodb):
    """16 MB a call, and 100 keys: what is left over is asked for again."""

    class Narrow:
        calls = 0

        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def batch_get_item(self, *, RequestItems):  # noqa: N803
            self.calls += 1
            keys = RequestItems["ops"]["Keys"]
            answer = dynamodb.batch_get_item(
                RequestItems={"ops": {**RequestItems["ops"], "Keys": keys[:60]}}
            )
            left = {"ops": {**RequestItems["ops"], "Keys": keys[60:]}} if keys[60:] else {}
            return {**answer, "UnprocessedKeys": left}

    arns = [service_arn(f"s{n}") for n in range(130)]
    for arn in arns:
        Tallies(dynamodb, "ops").add(arn, {"native": frozenset({arn[-3:]})}, now=NOW)
    client = Narrow()
    found = Tallies(client, "ops").read([*arns, service_arn("quiet")])
    assert {tally.service_arn: tally.native for tally in found} == {
        arn: frozenset({arn[-3:]}) for arn in arns
    }
    assert client.calls == 3


def test_the_item_carries_its_expiry_for_the_tables_ttl(tallies, dynamodb):
    add(tallies, native="a")
    item = dynamodb.get_item(TableName="ops", Key={"pk": {"S": f"storm#{ARN}"}})["Item"]
    assert item["expires_at"] == {"N": str(int(NOW) + 86_400)}


def test_a_failure_of_dynamodb_is_raised(dynamodb):
    missing = Tallies(dynamodb, "no-such-table")
    tally = Tallies(dynamodb, "ops")
    add(tally, native="a")
    with pytest.raises(ClientError):
        add(missing, native="a")
    with pytest.raises(ClientError):
        missing.read([ARN])
    with pytest.raises(ClientError):
        missing.close(read(tally))
