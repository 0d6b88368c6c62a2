"""Exactly once, whatever happens between any two calls: the shipped parts over an account in memory.

Hypothesis decides which message comes when and how often, which call is lost before or after it took
effect, where a process dies, what other processes do while one waits for an answer, and how much time goes
by in between: also more than a client token lives. What it seldom finds: test_deaths.py, test_meanwhile.py.
"""

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from batch_jobs.ids import attempt_of, run_of_slot
from batch_jobs.rows import FINAL, JobRow, RunRow, attempt_key, job_key, row_of, run_key
from batch_jobs.times import iso
from ecsops.queue import Message
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Account, Died
from tests.unit.batch_jobs.fake_functions import Functions, one_thread

SHARDS = 4
SLOT = Account().now


class ExactlyOnce(RuleBasedStateMachine):
    @initialize(
        parallelism=st.sampled_from([None, 2]),
        refusals=st.lists(st.sampled_from([False, "answer", "error"]), max_size=6),
        overlap=st.sampled_from(["forbid", "queue", "replace", "allow"]),
        rungs=st.integers(1, 2),
        replaces=st.booleans(),
    )
    def submit(self, parallelism, refusals, overlap, rungs, replaces):
        self.left, self.kind, self.others = 0, None, ()
        self.account = Account(self.fault)
        self.account.refusals = refusals
        self.functions = Functions(self.account)
        self.replaces, self.overlap, self.cancelled = replaces, overlap, False
        self.document = builders.document(
            fanOut={"count": SHARDS},
            overlap=overlap,
            capacity=[{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}][:rungs],
            replaceAtWarning=replaces,
            retries={"launch": 50, "interruption": 50, "application": 50, "backoff": "1s"},
            limits={"queue": "30d"},
            **({"parallelism": parallelism} if parallelism else {}),
        )
        self.slots = []
        self.next_slot()

    @precondition(lambda self: len(self.slots) < 3)
    @rule()
    def next_slot(self):
        """The schedule asks for a run, whether the one before is over or not."""
        slot = SLOT + 60 * len(self.slots)
        self.account.now = max(self.account.now, slot)
        self.slots.append(slot)
        body = json.dumps(self.document | {"slot": iso(slot)})
        self.account.queues["submit"].append(body)

    @rule(which=st.integers(0, 2))
    def cancel(self, which):
        if self.cancelled:
            return
        self.cancelled = True
        run = run_of_slot("nightly", self.slots[which % len(self.slots)])
        self.account.queues["submit"].append(json.dumps({"command": "cancel", "run": run}))

    def fault(self, _operation):
        """What happens to a call: only the one whose turn it is goes wrong."""
        self.left -= 1
        if self.left:
            return None
        if self.kind != "meanwhile":
            return self.kind
        for queue, which in self.others:
            self.another(queue, which)
        return None

    def another(self, queue, which):
        """Another process works on a message, a task ends, or a pass takes its time."""
        if queue == "end":
            self.end_a_task(which, "done")
        elif queue == "time":
            self.account.now += 5
        else:
            self.work(Functions(self.account), queue, which, again=False)

    @rule(
        queue=st.sampled_from(["submit", "launch", "launch", "launch", "track"]),
        which=st.integers(0, 50),
        again=st.booleans(),
        call=st.integers(1, 26),
        kind=st.sampled_from([None, "before", "after", "retried", "died", "died"]),
    )
    def deliver(self, queue, which, again, call, kind):
        """A message comes, perhaps not for the last time, and the calls go as they go."""
        self.left, self.kind = call, kind
        self.work(self.functions, queue, which, again)
        self.left = 0

    @rule(
        queue=st.sampled_from(["submit", "launch", "launch", "track"]),
        which=st.integers(0, 50),
        call=st.integers(1, 16),
        others=st.lists(
            st.tuples(
                st.sampled_from(["submit", "launch", "launch", "track", "end", "time"]),
                st.integers(0, 50),
            ),
            min_size=1,
            max_size=5,
        ),
    )
    def deliver_meanwhile(self, queue, which, call, others):
        """Other messages are worked on while this one's function waits for an answer."""
        self.left, self.kind, self.others = call, "meanwhile", others
        self.work(self.functions, queue, which, again=False)
        self.left = 0

    def work(self, functions, queue, which, again):
        """A message is worked on; it stays where it is if that failed, or if it comes ``again``."""
        waiting = self.account.queues[queue]
        if not waiting:
            return
        body = waiting[which % len(waiting)]
        try:
            failed = functions.of_queue[queue]([Message("m", body)], self.account.now)
        except Died:
            self.functions, failed = Functions(self.account), {"m"}
        if not failed and not again and body in waiting:
            waiting.remove(body)

    @rule(
        which=st.integers(0, 50), how=st.sampled_from(["done", "failed", "spot", "warned", "quiet"])
    )
    def end_a_task(self, which, how):
        running = [
            one for one, task in self.account.tasks.items() if task["lastStatus"] == "RUNNING"
        ]
        if not running:
            return
        arn = running[which % len(running)]
        if how == "warned":
            self.account.warn(arn)
            return
        code = "SpotInterruption" if how == "spot" else "EssentialContainerExited"
        self.account.stop(arn, code, 1 if how == "failed" else 0)
        if how == "quiet":
            self.account.queues["track"].pop()

    @rule(seconds=st.sampled_from([1, 30, 400, 3100, 8000]))
    def wait(self, seconds):
        self.account.now += seconds

    @rule()
    def tick(self):
        self.account.queues["submit"].append('{"source":"aws.events"}')

    @invariant()
    def no_shard_runs_twice(self):
        if not hasattr(self, "account"):
            return
        running = self.account.running()
        for shard, arns in running.items():
            assert len(arns) <= 1, f"{shard} runs {len(arns)} times"
        if self.overlap != "allow":
            runs = {run for (run, _), arns in running.items() if not self.replaces_one(arns[0])}
            assert len(runs) <= 1, f"{runs} run side by side"

    @invariant()
    def no_attempt_is_launched_twice(self):
        if hasattr(self, "account"):
            started = [task["startedBy"] for task in self.account.tasks.values()]
            assert len(started) == len(set(started)), started

    def replaces_one(self, arn):
        """Whether a task was started beside one that Spot took: that one may yet end well."""
        attempt = attempt_of(self.account.tasks[arn]["startedBy"])
        before = dataclasses.replace(attempt, attempt=attempt.attempt - 1)
        return attempt_key(before, "w") in self.account.items

    def teardown(self):
        """Without further trouble every run ends, no shard is lost, and nothing is left over."""
        if not hasattr(self, "account"):
            return
        self.account.refusals = []
        for _ in range(90):
            self.quiet_round()
            if all(row and row.state in FINAL and row.closed for row in self.rows()):
                break
        rows = self.rows()
        event(f"{self.overlap}: {' '.join(row.state for row in rows if row)}")
        assert all(row and row.closed for row in rows), rows
        for row in rows:
            assert row.state in self.ends(), row
            if row.state == "SUCCEEDED":
                assert row.done == f"{(1 << SHARDS) - 1:x}"
        if not self.cancelled:
            assert "SUCCEEDED" in [row.state for row in rows]
        job = row_of(self.account.items[job_key("nightly")], JobRow)
        assert (job.active, job.waiting, job.displaced) == ((), (), ())
        assert not self.account.running()

    def quiet_round(self):
        """All messages arrive, a tick goes by, and whatever runs succeeds."""
        self.tick()
        for _ in range(4):
            for queue in ("submit", "launch", "track"):
                bodies, self.account.queues[queue] = list(self.account.queues[queue]), []
                for body in dict.fromkeys(bodies):
                    work = self.functions.of_queue[queue]
                    assert not work([Message("m", body)], self.account.now)
            self.account.now += 1
        self.no_shard_runs_twice()
        for arn, task in list(self.account.tasks.items()):
            if task["lastStatus"] == "RUNNING":
                self.account.stop(arn, "EssentialContainerExited", 0)
        self.account.now += 300

    def rows(self):
        """The runs of the slots; None for one that is not there."""
        items = [self.account.items.get(run_key(run_of_slot("nightly", s))) for s in self.slots]
        return [item and row_of(item, RunRow) for item in items]

    def ends(self):
        """How a run may end."""
        ends = {"SUCCEEDED"}
        if self.cancelled or self.overlap == "replace":
            ends.add("CANCELLED")
        if self.overlap in ("replace", "forbid"):
            ends.add("SKIPPED")
        return ends


ExactlyOnce.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestExactlyOnce = ExactlyOnce.TestCase


@pytest.fixture(autouse=True)
def _in_turn(monkeypatch):
    one_thread(monkeypatch)
