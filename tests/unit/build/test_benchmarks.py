"""The figures in the README are those that were measured."""

import json

import pytest

from benchmarks import readme, scaling_table
from benchmarks.__main__ import GROUPS, module
from benchmarks.results import RESULTS, Result, merge, reached, read

FIELDS = ["id", "value", "unit", "goal", "rivals", "command", "commit", "date"]
ENTRY = {
    "id": "memory.alerts",
    "value": 38.0,
    "unit": "MB",
    "goal": "<= 60",
    "rivals": {"usual": 70},
}


def test_the_readme_shows_the_current_results():
    text = readme.README.read_text(encoding="utf-8")
    assert readme.BEGIN in text
    assert readme.render(text, read()) == text, "run python -m benchmarks.readme"


def test_the_page_shows_the_current_results_of_queue_scaling():
    text = scaling_table.PAGE.read_text(encoding="utf-8")
    assert scaling_table.BEGIN in text
    assert scaling_table.render(text, read()) == text, "run python -m benchmarks.readme"


def test_of_queue_scaling_the_readme_shows_what_has_a_goal():
    entry = ENTRY | {"id": "scaling.diurnal.managed_60s.actions", "goal": None}
    assert len(readme.table([entry]).splitlines()) == 2
    assert len(readme.table([entry | {"goal": "<= 60"}]).splitlines()) == 3


def test_the_table_of_queue_scaling_has_a_row_for_each_controller_and_a_column_for_each_trace():
    values = {"within_slo_pct": 99.9, "task_hours_over_ideal": 1.29, "p99_wait_s": 5}
    counts = {"actions": 43, "jobs_killed": 2}
    entries = [
        ENTRY | {"id": f"scaling.wc98.managed_60s.{figure}", "value": value, "rivals": {"keda": 7}}
        for figure, value in (values | counts).items()
    ]
    worth, done = (part.splitlines() for part in scaling_table.tables(entries).split("\n\n")[1::2])
    assert worth == [
        "| controller | wc98 |",
        "|---|---|",
        "| managed_60s | 99.9 / 1.29 / 5 |",
        "| keda | 7 / 7 / 7 |",
    ]
    assert done[2:] == ["| managed_60s | 43 / 2 |", "| keda | 7 / 7 |"]


def test_what_is_spoilt_has_a_row_and_the_rival_a_column():
    values = {"within_slo_pct": 99.9, "task_hours_over_ideal": 1.29}
    entries = [
        ENTRY
        | {"id": f"scaling.robust.{place}.{figure}", "value": value, "rivals": {"keda": value / 3}}
        for figure, value in values.items()
        for place in ("ramp.direct_20s.noise", "ramp.direct_20s.late", "ramp.managed_60s.noise")
    ]
    assert scaling_table.tables(entries).split("\n\n")[-1].splitlines() == [
        "| what | ramp direct_20s | ramp keda | ramp managed_60s |",
        "|---|---|---|---|",
        "| noise | 99.9 / 1.29 | 33.3 / 0.43 | 99.9 / 1.29 |",
        "| late | 99.9 / 1.29 | 33.3 / 0.43 |  |",
    ]


def test_every_result_can_be_reproduced():
    for entry in read():
        assert list(entry) == FIELDS
        assert entry["command"].startswith("make bench ONLY=")
        assert any(entry["id"].startswith(group) for group in GROUPS)


def test_results_are_sorted_and_unique():
    ids = [entry["id"] for entry in read()]
    assert ids == sorted(set(ids))


# Goals that the last run missed, as the README shows; whoever mends one takes it out here.
OPEN: list[str] = []


def test_every_goal_is_reached():
    missed = [e["id"] for e in read() if reached(e["value"], e["goal"]) is False]
    assert missed == OPEN


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_can_be_measured(group):
    assert callable(module(group).measure)


@pytest.mark.parametrize(
    ("value", "goal", "expected"),
    [
        (1.1, "<= 1.10", True),
        (1.11, "<= 1.10", False),
        (5, ">= 5", True),
        (0, "== 0", True),
        (3, None, None),
    ],
)
def test_a_goal_is_a_comparison(value, goal, expected):
    assert reached(value, goal) is expected


def test_a_group_replaces_its_own_results_and_keeps_the_others(tmp_path):
    path = tmp_path / "results.json"
    merge([Result("b.x", 1.23456, "ms"), Result("b.y", 2, "ms")], "", "make bench", path)
    merge([Result("a.z", 3, "ms", "<= 4", {"usual": 5.6789})], "a", "make bench ONLY=a", path)
    merge([Result("b.x", 9, "ms")], "b", "make bench ONLY=b", path)
    entries = json.loads(path.read_text())
    assert [(e["id"], e["value"]) for e in entries] == [("a.z", 3), ("b.x", 9)]
    assert entries[0]["rivals"] == {"usual": 5.68}
    assert list(entries[0]) == FIELDS


def test_what_another_group_wrote_while_this_one_was_measured_stays(tmp_path):
    path = tmp_path / "results.json"

    def measuring():
        yield Result("b.x", 1, "ms")
        merge([Result("a.x", 2, "ms")], "a", "make bench ONLY=a", path)
        yield Result("b.y", 3, "ms")

    path.write_text("[]")
    merge(measuring(), "b", "make bench ONLY=b", path)
    assert [entry["id"] for entry in read(path)] == ["a.x", "b.x", "b.y"]


def test_a_row_says_figure_goal_and_comparison():
    row = readme.table([ENTRY]).splitlines()[-1]
    assert row == "| Memory after start of `alerts` | **38** MB | at most 60 | usual: 70 |"


def test_a_missed_goal_is_said_to_be_missed():
    assert "at most 60, **missed**" in readme.table([ENTRY | {"value": 61}])


def test_a_figure_without_a_title_shows_its_id():
    assert "| `new.figure` |" in readme.table([ENTRY | {"id": "new.figure", "goal": None}])


def test_only_the_text_between_the_markers_changes():
    text = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    rendered = readme.render(text, [ENTRY])
    assert rendered.startswith("before\n")
    assert rendered.endswith("\nafter\n")
    assert "old" not in rendered
    assert readme.render(rendered, [ENTRY]) == rendered


def test_a_text_without_markers_stays_as_it_is():
    assert readme.render("no figures", [ENTRY]) == "no figures"


def test_results_exist():
    assert RESULTS.exists()
