"""Definitions from public repositories: read whatever they look like, and rightly accused."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from audit.catalogue import all_rules
from audit.report.entry import Entry
from audit.rule import Outcome, Profile
from sandbox.lint.audit_files import audit_files
from tests.unit.ecsops.events.sample_events import ROOT

FOLDER = ROOT.parent / "shared" / "taskdefs"

if not FOLDER.is_dir():
    pytest.skip(
        "no definitions beside the repository (../shared/taskdefs)", allow_module_level=True
    )

PAGE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
FILES = [path for path in sorted(FOLDER.glob("*.json")) if path.name != "index.json"]
# Services with the task definition that they run.
TOGETHER = {"023": "024", "054": "055"}


def _failures(*files: Path) -> list[Entry]:
    audited = audit_files([str(file) for file in files], all_rules(), {})
    assert audited.complete
    return [each for each in audited.report.entries if each.outcome is Outcome.FAIL]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name[:3])
def test_every_finding_points_into_its_file(file: Path) -> None:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    for entry in _failures(file):
        assert entry.location
        assert 1 <= entry.location.line <= len(lines)
        assert entry.location.column <= len(lines[entry.location.line - 1]) + 1


def _kinds() -> Counter[tuple[str, str]]:
    """How often each rule of ``validity`` and ``resilience`` fails, by severity."""
    by_number = {file.name[:3]: file for file in FILES}
    partners = set(TOGETHER.values())
    groups = [
        [by_number[each] for each in (number, TOGETHER.get(number)) if each]
        for number in by_number
        if number not in partners
    ]
    return Counter(
        (each.rule, each.severity.name)
        for group in groups
        for each in _failures(*group)
        if each.profile in (Profile.VALIDITY, Profile.RESILIENCE)
    )


def test_every_kind_of_finding_is_counted_and_defended_on_the_page() -> None:
    section = PAGE.partition("## What we found in public task definitions")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([A-Z]+-\d+) \| ([A-Z]+) \| (\d+) \| (.+) \|$", section, re.MULTILINE)
    assert {(rule, severity): int(count) for rule, severity, count, _ in rows} == _kinds()
    assert all(because.endswith(".") for *_, because in rows)
