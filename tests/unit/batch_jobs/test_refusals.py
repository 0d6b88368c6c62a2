"""A bad spec at the door: told, and nothing of it executed; those beside it are."""

from __future__ import annotations

import json

import pytest

from batch_jobs.ids import run_of_slot
from batch_jobs.rows import JobRow, job_key, row_of
from batch_jobs.times import iso
from ecsops.queue import Message
from tests.unit.batch_jobs.bad_specs import CASES, CONTRADICTIONS, WHOLE
from tests.unit.batch_jobs.builders import document
from tests.unit.batch_jobs.fake_functions import KEEP_S

BAD = [spec for _, _, spec in CASES] + [{**WHOLE, **fields} for _, fields in CONTRADICTIONS]


def send(account, functions, *bodies):
    """All of them in one batch; the ids of those that come again."""
    batch = [Message(f"m{number}", body) for number, body in enumerate(bodies)]
    return functions.of_queue["submit"](batch, account.now)


@pytest.mark.parametrize("spec", BAD, ids=[str(number) for number in range(len(BAD))])
def test_a_bad_spec_is_told_and_nothing_of_it_is_executed(spec, account, functions):
    assert send(account, functions, json.dumps(spec)) == set()

    # What is remembered is that people were told.
    ((key, item),) = account.items.items()
    assert key[0] == "status"
    row = row_of(item, JobRow)
    (kind,) = row.incidents
    assert kind.partition("-")[0] == "refused"
    assert (row.active, row.waiting, row.outcomes) == ((), (), ())
    (alert,) = account.alerts
    assert alert["title"].split(", ")[-1].startswith("$")
    assert alert["evidence"]
    assert account.tasks == {}
    assert account.queues == {"submit": [], "launch": [], "track": []}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "[" * 100_000, "1e999"])
def test_what_is_no_object_comes_again_until_it_is_a_dead_letter(text, account, functions):
    assert send(account, functions, text) == {"m0"}
    assert (account.items, account.tasks, account.alerts) == ({}, {}, [])


@pytest.mark.parametrize("job", ["nightly", "other"])
@pytest.mark.parametrize("bad", [BAD[0], BAD[-1], {"job": "nightly"}, {"command": "pause"}, 7])
def test_a_bad_spec_between_good_ones_loses_none_of_them(bad, job, account, functions):
    slots = (account.now - 120, account.now - 60)
    first, last = (
        json.dumps(document(job=name, slot=iso(slot), overlap="allow"))
        for name, slot in zip(("nightly", job), slots, strict=True)
    )
    failed = send(account, functions, first, json.dumps(bad), last)
    functions.work(3)

    assert failed <= {"m1"}
    running = account.running()
    for name, slot in zip(("nightly", job), slots, strict=True):
        assert len(running[run_of_slot(name, slot), "0"]) == 1
    assert len(account.tasks) == 2


def test_a_refusal_under_a_name_that_nobody_uses_ends_after_a_day(account, functions):
    send(account, functions, json.dumps(document(job="my job!")))
    account.now += 86_000
    functions.work(tick=True)
    assert len(account.alerts) == 1
    account.now += 500
    functions.work(tick=True)
    assert account.alerts[-1]["state"] == "resolved"
    assert row_of(account.items[job_key("my job!")], JobRow).incidents == {}


@pytest.mark.parametrize("job", ["my job!", None])
def test_who_goes_on_sending_it_is_told_once_a_day(job, account, functions):
    spec = json.dumps({key: each for key, each in document(job=job).items() if each is not None})
    began = account.now
    while account.now < began + 3 * 86_400 - 3600:
        send(account, functions, spec)
        functions.work(2, tick=True)
        account.now += 3600

    assert [one["state"] for one in account.alerts] == ["open", *["resolved", "open"] * 2]
    ((key, item),) = [each for each in account.items.items() if each[0][0] == "status"]
    assert int(item["expires_at"]["N"]) <= account.now + KEEP_S, key


def test_two_senders_without_a_name_are_told_each(account, functions):
    nameless = {key: each for key, each in document().items() if key != "job"}
    for spec in (nameless, {**nameless, "overlap": "never"}, nameless):
        send(account, functions, json.dumps(spec))

    assert len(account.alerts) == 2
    account.now += 90_000
    functions.work(tick=True)
    assert [one["state"] for one in account.alerts] == ["open"] * 2 + ["resolved"] * 2
    assert all("It was refused since" in one["summary"] for one in account.alerts[2:])


def test_a_job_that_has_nothing_to_be_checked_is_not_checked(account, functions):
    send(account, functions, json.dumps(document(job="my job!")))
    account.queues["submit"].append('{"source":"aws.events"}')
    body = account.queues["submit"].pop()
    functions.of_queue["submit"]([Message("t", body)], account.now)

    assert account.queues["submit"] == []
