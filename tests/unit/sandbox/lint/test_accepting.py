"""Suppressions from a file, and baselines, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.cli import main
from sandbox.lint.suppressions_file import InvalidSuppressions, read_suppressions

TASK = {
    "family": "web",
    "networkMode": "host",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "web:1"}],
}
RULES = frozenset({"VAL-01"})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("task.json").write_text(json.dumps(TASK, indent=2), encoding="utf-8")
    return tmp_path


def _lint(*options: str) -> int:
    return main(["lint", "task.json", "--profile=validity", *options])


def _suppress(until: str = "2999-01-01", name: str = ".ecs-ops-audit.yaml", **fields: str) -> None:
    entry = {"rule": "VAL-01", "reason": "being moved", "until": until} | fields
    Path(name).write_text(json.dumps({"suppressions": [entry]}), encoding="utf-8")


def test_the_file_beside_is_taken_by_itself(here: Path, capsys: Any) -> None:
    assert _lint() == 1
    _suppress()
    assert _lint("--verbose") == 0
    assert "SUPPRESSED VAL-01" in capsys.readouterr().out


def test_another_file_can_be_named(here: Path) -> None:
    _suppress(name="mine.json")
    assert _lint() == 1
    assert _lint("--suppressions=mine.json") == 0


def test_an_ended_suppression_counts_again_and_is_told(here: Path, capsys: Any) -> None:
    _suppress(until="2020-01-01")
    assert _lint() == 1
    assert "the suppression of VAL-01 ended on 2020-01-01" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- rule: VAL-01", "line 1, expected 'suppressions:'"),
        ("suppressions: 1", "line 1, suppressions: expected a list"),
        ("suppressions:\n  - 1", "line 2, suppressions[0]: expected fields"),
        ("suppressions:\n  - rule: VAL-01", "line 2, suppressions[0]: 'reason' is missing"),
        (
            "suppressions:\n  - rule: VAL-99\n    reason: x\n    until: 2026-01-01",
            "line 2, suppressions[0].rule: no rule is called 'VAL-99'",
        ),
        (
            "suppressions:\n  - rule: VAL-01\n    reason: x\n    until: soon",
            "line 4, suppressions[0].until: expected a day like 2026-12-31",
        ),
        (
            "suppressions:\n  - rule: VAL-01\n    because: x",
            "line 3, suppressions[0].because: unknown field",
        ),
        ("a: [", "not YAML"),
    ],
)
def test_a_problem_of_the_file_names_line_and_field(here: Path, text: str, problem: str) -> None:
    Path("s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSuppressions) as error:
        read_suppressions("s.yaml", RULES)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_a_baseline_that_is_written_anew_forgets_nothing(here: Path) -> None:
    assert _lint("--write-baseline=b.json") == 0
    before = json.loads(Path("b.json").read_text(encoding="utf-8"))
    assert before["findings"]
    assert _lint("--baseline=b.json", "--write-baseline=b.json") == 0
    assert json.loads(Path("b.json").read_text(encoding="utf-8")) == before


def test_a_baseline_makes_what_is_there_known(here: Path, capsys: Any) -> None:
    assert _lint("--write-baseline=base.json") == 0
    assert _lint("--baseline=base.json") == 0
    worse = TASK | {"cpu": "257"}
    Path("task.json").write_text("\n\n" + json.dumps(worse), encoding="utf-8")
    capsys.readouterr()
    assert _lint("--baseline=base.json") == 1
    out = capsys.readouterr().out
    assert "VAL-02" in out
    assert "VAL-01" not in out


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1}', '{"version": 1, "findings": [{}]}'])
def test_what_is_no_baseline_is_refused_in_a_line(here: Path, text: str, capsys: Any) -> None:
    Path("base.json").write_text(text, encoding="utf-8")
    assert _lint("--baseline=base.json") == 2
    error = capsys.readouterr().err
    assert error.startswith("ecs-ops lint: --baseline base.json: ")
    assert error.count("\n") == 1
