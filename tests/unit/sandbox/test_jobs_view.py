"""What ``ecs-ops jobs`` prints of rows, without an account."""

from __future__ import annotations

import json

import pytest

from batch_jobs.rows import RunRow
from sandbox.cli.jobs_logs import ShardLog
from sandbox.cli.jobs_view import run_facts, show_jobs, show_log, show_runs

RUN = RunRow(
    run="nightly-20260105T090000Z-000000",
    job="nightly",
    state="FAILED",
    count=4,
    done="7",
    failed="8",
    slot=1_767_603_600.0,
    started=1_767_603_690.0,
    ended=1_767_607_350.0,
    reason="[exit 2] no such table",
    cost_usd=0.5,
    log=("no such table",),
)


def test_a_run_has_its_times_and_shards():
    facts = run_facts(RUN)
    assert (facts["late_s"], facts["took_s"]) == (90.0, 3660.0)
    assert (facts["shards"], facts["succeeded"], facts["failed"]) == (4, 3, 1)
    assert facts["due"] == "2026-01-05T09:00:00Z"


def test_a_run_that_never_began_has_no_times():
    facts = run_facts(RunRow(run=RUN.run, job="nightly", state="MISSED", slot=1_767_603_600.0))
    assert (facts["late_s"], facts["took_s"], facts["cost_usd"]) == (None, None, None)


@pytest.fixture
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.usefixtures("wide")
def test_people_get_a_table_and_the_last_lines(capsys):
    show_runs([RUN], as_json=False)
    said = capsys.readouterr().out
    for expected in (RUN.run, "FAILED", "1m30s", "1h01m", "$0.5000", "[exit 2] no such table"):
        assert expected in said
    assert said.endswith("  no such table\n")


def test_programs_get_a_line_for_each_run(capsys):
    show_runs([RUN, RUN], as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["run"] for line in lines] == [RUN.run, RUN.run]


def test_no_jobs_is_said_with_a_way_on(capsys):
    show_jobs([], as_json=False)
    assert "jobs submit FILE" in capsys.readouterr().out


def test_a_log_is_printed_as_it_was_written(capsys):
    show_log(ShardLog(RUN.run, 3, 1, "task/1", ("[a] b", "c")), as_json=False)
    assert capsys.readouterr().out.splitlines()[1:] == ["[a] b", "c"]
