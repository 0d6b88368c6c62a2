"""Remedies: they repair what they were drafted for, and nothing else breaks by them."""

from __future__ import annotations

from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import Finding, evaluate
from audit.patch import CannotPatch, json_patch, patched
from audit.rule import Fix, Outcome
from tests.unit.audit.case import Case, changed
from tests.unit.audit.clean import World, graph_of, world
from tests.unit.audit.test_rules import CASES


def _apply_json_patch(document: Any, operations: list[dict[str, Any]]) -> Any:
    for operation in operations:
        *parents, last = operation["path"].split("/")[1:]
        holder = document
        for part in parents:
            holder = holder[int(part)] if isinstance(holder, list) else holder[_read(part)]
        if operation["op"] == "remove":
            del holder[int(last) if isinstance(holder, list) else _read(last)]
        elif last == "-":
            holder.append(operation["value"])
        else:
            holder[int(last) if isinstance(holder, list) else _read(last)] = operation["value"]
    return document


def _read(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _failing(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(each.rule.id, each.field) for each in findings if each.outcome is Outcome.FAIL}


def _repaired(documents: World, finding: Finding) -> World:
    kind = type(finding.place)
    index = next(
        index for index, document in enumerate(documents[kind]) if document is finding.place.value
    )
    for fix in sorted(finding.fixes, key=lambda fix: str(fix.path), reverse=True):
        before = documents[kind][index]
        documents[kind][index] = patched(before, fix)
        copy = patched(before, Fix(("audit-copy",), 1))
        del copy["audit-copy"]
        assert _apply_json_patch(copy, json_patch(before, fix)) == documents[kind][index]
    return documents


def _still_wrong(case: Case) -> set[tuple[str, str]] | None:
    documents = changed(world(), (*case.given, *case.changes))
    findings = evaluate(graph_of(documents), all_rules())
    (failed,) = [f for f in findings if f.rule.id == case.rule and f.outcome is Outcome.FAIL]
    if not failed.fixes:
        return None  # the remedy takes a decision
    before = _failing(findings)
    after = _failing(evaluate(graph_of(_repaired(documents, failed)), all_rules()))
    return (after - before) | ({(case.rule, failed.field)} & after)


def test_a_remedy_repairs_its_finding_and_breaks_nothing() -> None:
    results = {case.id: _still_wrong(case) for case in CASES}
    repaired = {name for name, wrong in results.items() if wrong is not None}
    # The smallest legal size may be more than what was measured: that it costs more breaks nothing.
    broken = {
        name: {each for each in wrong or () if each[0] != "CST-01"}
        for name, wrong in results.items()
    }
    assert {name: wrong for name, wrong in broken.items() if wrong} == {}
    assert len(repaired) >= 5


@pytest.mark.parametrize(
    ("document", "path", "value", "expected"),
    [
        ({"a": 1}, ("a",), 2, {"a": 2}),
        ({}, ("a", "b"), 2, {"a": {"b": 2}}),
        ({"a": [{"b": 1}]}, ("a", 0, "b"), None, {"a": [{}]}),
        ({"a": [1, 2]}, ("a", 0), None, {"a": [2]}),
        (
            {"Attributes": []},
            ("Attributes", "x.y"),
            "1",
            {"Attributes": [{"Key": "x.y", "Value": "1"}]},
        ),
        ({}, ("Attributes", "x.y"), "1", {"Attributes": [{"Key": "x.y", "Value": "1"}]}),
    ],
)
def test_changes(document: Any, path: Any, value: Any, expected: Any) -> None:
    before = str(document)
    fix = Fix(path, value)
    assert patched(document, fix) == expected
    assert str(document) == before
    assert _apply_json_patch(document, json_patch(document, fix)) == expected


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [({}, ("a", 0, "b"), 1), ({"a": "text"}, ("a", "b"), 1), ({}, ("a",), None)],
)
def test_what_does_not_fit_is_not_changed(document: Any, path: Any, value: Any) -> None:
    with pytest.raises(CannotPatch):
        patched(document, Fix(path, value))
