"""Events collected in the field, where there are any beside the repository, parse as ours do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecsops.events.envelope import parse_event
from tests.unit.ecsops.events.sample_events import ROOT, is_event, reader_of

FOLDER = ROOT.parent / "shared" / "events"

if not FOLDER.is_dir():
    pytest.skip(
        "no collected events beside the repository (../shared/events)", allow_module_level=True
    )


def _documents() -> list[tuple[Path, Any]]:
    found = []
    for path in sorted(FOLDER.rglob("*.json")):
        try:
            found.append((path, json.loads(path.read_bytes())))
        except ValueError:  # a file that is no JSON is no event
            continue
    return found


EVENTS = [(path, document) for path, document in _documents() if is_event(document)]
OTHERS = [(path, document) for path, document in _documents() if not is_event(document)]


@pytest.mark.parametrize(("path", "document"), EVENTS, ids=[path.name for path, _ in EVENTS])
def test_a_collected_event_parses_with_its_reader(path, document):
    body = path.read_bytes()
    assert parse_event(body).source == document["source"]
    reader = reader_of(document)
    if reader is not None:
        reader(body)


@pytest.mark.parametrize(("path", "document"), OTHERS, ids=[path.name for path, _ in OTHERS])
def test_a_collected_document_without_an_envelope_parses_if_it_is_one_of_ours(path, document):
    reader = reader_of(document) if isinstance(document, dict) else None
    if reader is not None:
        reader(path.read_bytes())


def test_the_kinds_that_the_toolkit_reads_are_among_the_collected_events():
    kinds = {document["detail-type"] for _, document in EVENTS}
    assert not EVENTS or "ECS Task State Change" in kinds
