"""What batch jobs leave for the dashboard: bounded, and the same in whatever order it comes to be known."""

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.job_status import (
    RUNS,
    JobStatus,
    RunStatus,
    decode_job_status,
    encode_job_status,
    with_run,
)

ENDED = [RunStatus(f"r{number}", "succeeded", 1000.0 + number, 5.0) for number in range(30)]


def folded(runs):
    status = JobStatus("prod")
    for run in runs:
        status = with_run(status, run)
    return status


def test_the_newest_runs_are_kept_oldest_first():
    assert folded(ENDED).runs == tuple(ENDED[-RUNS:])


def test_a_run_that_ended_is_not_running_again():
    ended, running = RunStatus("r", "failed", 7.0, 3.0), RunStatus("r", "running", 7.0)
    assert folded([running, ended, running]).runs == (ended,)
    assert folded([ended, running]).runs == folded([running, ended]).runs
    waiting = msgspec.structs.replace(running, state="waiting")
    assert folded([ended, waiting]).runs == (ended,)
    assert folded([waiting, running]).runs == (running,)


@given(st.data())
def test_order_and_duplicates_make_no_difference(data):
    states = [
        each for run in ENDED[:10] for each in (msgspec.structs.replace(run, state="running"), run)
    ]
    once = folded(states)
    shuffled = data.draw(st.permutations(states + states[::3]))
    assert folded(shuffled) == once


def test_what_is_written_is_read():
    status = msgspec.structs.replace(folded(ENDED[:3]), paused=True)
    assert decode_job_status(encode_job_status(status)) == status


def test_a_full_status_of_long_names_is_small():
    runs = [
        RunStatus("r" * 80 + str(number), "succeeded", 1e9 + number, 3.0) for number in range(50)
    ]
    assert len(encode_job_status(folded(runs))) < 1024


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", zlib.compress(b"\xc1"), zlib.compress(msgspec.msgpack.encode({"a": 1}))],
)
def test_what_is_not_understood_is_nothing(content):
    assert decode_job_status(content) is None
