"""Whole jobs whose events come twice, late and in any order: the ledger ends as if all had come in turn."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_jobs.ids import run_of_slot
from batch_jobs.rows import EndRow, row_of
from ecsops.queue import Message
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Account
from tests.unit.batch_jobs.fake_functions import Functions, one_thread

SHARDS, ROUNDS = 4, 80
ENDS = {
    "done": ("EssentialContainerExited", 0),
    "failed": ("EssentialContainerExited", 1),
    "fatal": ("EssentialContainerExited", 42),
    "spot": ("SpotInterruption", 143),
    "graceful": ("SpotInterruption", 0),
    "host": ("TerminationNotice", None),
}
# What becomes of a shard's attempts, one after another; the last of them lasts.
LIVES = st.lists(
    st.lists(st.sampled_from(sorted(ENDS)), min_size=1, max_size=5), min_size=4, max_size=4
)


@pytest.fixture(autouse=True)
def _in_turn(monkeypatch):
    one_thread(monkeypatch)


def in_turn(events, _last):
    return events, []


class Disorder:
    """Events twice, in any order, and some of them many rounds late."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.seen = []

    def __call__(self, events, last):
        self.seen += events
        copies = events + self.rng.choices(self.seen, k=3) if self.seen else []
        self.rng.shuffle(copies)
        late = [] if last else [one for one in copies if self.rng.random() < 0.5]
        return [one for one in copies if one not in late], late


def play(lives, parallelism, order, ticks):
    """The run's state and shards, and each attempt's verdict and what followed, at the end."""
    account = Account()
    functions = Functions(account)
    document = builders.document(
        slot="2026-01-05T09:00:00Z",
        fanOut={"count": SHARDS},
        parallelism=parallelism,
        capacity=[{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}],
        rules=[{"action": "fail", "exitCodes": [42]}],
        retries={"interruption": 2, "application": 2, "backoff": "1s"},
    )
    account.queues["submit"].append(json.dumps(document))
    run = run_of_slot("nightly", account.now)
    for number in range(ROUNDS):
        events, account.queues["track"] = account.queues["track"], []
        arrived, late = order(events, number > ROUNDS - 20)
        for body in arrived:
            assert not functions.of_queue["track"]([Message("m", body)], account.now)
        account.queues["track"] = []
        functions.work(tick=ticks and number % 10 == 9)
        account.queues["track"] += late
        for (_, shard), arns in account.running().items():
            assert len(arns) == 1, f"shard {shard} runs {len(arns)} times"
            life = lives[int(shard)]
            attempt = int(account.tasks[arns[0]]["startedBy"].rpartition("/")[2])
            account.stop(arns[0], *ENDS[life[min(attempt, len(life)) - 1]])
        account.now += 5
    row = functions.run(run)
    ends = {
        key[1]: (end.verdict, end.next.step, end.next.used, end.next.place)
        for key, item in account.items.items()
        if key[0] == f"run#{run}" and key[1].endswith("#e")
        for end in [row_of(item, EndRow)]
    }
    return row.state, row.done, row.failed, row.closed, ends


@given(
    lives=LIVES,
    parallelism=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 999),
    ticks=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_events_twice_late_and_shuffled_lead_to_the_same_ledger(lives, parallelism, seed, ticks):
    expected = play(lives, parallelism, in_turn, ticks=False)
    assert expected[3], "the run is over"
    assert play(lives, parallelism, Disorder(seed), ticks) == expected
