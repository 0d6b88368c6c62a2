"""Definitions from public repositories: read whatever they look like, and rightly accused."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.catalogue import all_rules
from audit.report.entry import Entry
from audit.rule import Outcome, Severity
from sandbox.lint.audit_files import audit_files
from tests.unit.ecsops.events.sample_events import ROOT

FOLDER = ROOT.parent / "shared" / "taskdefs"

if not FOLDER.is_dir():
    pytest.skip(
        "no definitions beside the repository (../shared/taskdefs)", allow_module_level=True
    )

FILES = [path for path in sorted(FOLDER.glob("*.json")) if path.name != "index.json"]
# Every finding of these profiles from HIGH on, by the file's number; docs/audit.md defends each.
DEFENDED = {
    ("023", "DEP-01"),
    ("023", "DEP-02"),
    ("036", "VAL-01"),
    ("050", "OPS-06"),
}


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


def test_every_bad_finding_is_defended() -> None:
    found = {
        (file.name[:3], entry.rule)
        for file in FILES
        for entry in _failures(file)
        if entry.severity >= Severity.HIGH and entry.profile in ("validity", "resilience")
    }
    assert found == DEFENDED
