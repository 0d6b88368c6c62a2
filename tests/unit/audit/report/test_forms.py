"""Every form of the report, also with names that try to break it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from audit.catalogue import all_rules
from audit.evaluation import Finding, evaluate
from audit.model.graph import Graph
from audit.model.resource import Source
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry, Location
from audit.report.json_form import json_form
from audit.report.junit import junit
from audit.report.markdown import markdown
from audit.report.report import Report, of_resources
from audit.report.sarif import sarif
from audit.report.text import text
from audit.rule import Outcome, Severity
from tests.unit.audit.case import REMOVED, changed
from tests.unit.audit.clean import graph_of, world

_WRONG = (
    (TaskDefinition, "networkMode", "bridge"),
    (TaskDefinition, "containerDefinitions[0].stopTimeout", REMOVED),
    (Service, "desiredCount", "${COUNT}"),
)
_PLACE = Location("infra/web.json", 3, 5, 3, 20)
FORMS = [text, json_form, sarif, junit, markdown]


def report(place: Location | None = _PLACE, **marks: Any) -> Report:
    graph = graph_of(changed(world(), _WRONG))
    entries = [Entry(each, place, **marks) for each in evaluate(graph, all_rules())]
    return Report(tuple(entries), of_resources(each.kind for each in graph))


def named(place: Location | None, name: str, **said: Any) -> Report:
    """Every finding is about a container of this name, in a task definition of this name."""
    data = {"family": name, "containerDefinitions": [{"name": name}]}
    task = TaskDefinition(data, Graph(()), Source())
    where = {"resource": task, "place": task, "path": ("containerDefinitions", 0)}
    entries = tuple(Entry(each._replace(**where, **said), place) for each in found())
    return Report(entries, {"task definition": 1})


@cache
def found() -> list[Finding]:
    return evaluate(graph_of(changed(world(), _WRONG)), all_rules())


def test_the_text_shows_the_worst_first_and_counts_the_rest() -> None:
    lines = text(report()).splitlines()
    assert lines[0].startswith("ERROR VAL-01 ")
    assert lines[1].startswith("  infra/web.json:3:5 web:7: networkMode is bridge")
    assert "1 task definition, 1 service, 1 cluster" in lines[-1]
    assert "failed (1 ERROR, " in lines[-1]
    assert "UNKNOWN X-04" not in text(report())
    assert "UNKNOWN X-04" in text(report(), verbose=True)


def test_json_has_every_check_and_its_numbers() -> None:
    found = json.loads(json_form(report()))
    assert found["failures"]["ERROR"] >= 1
    assert found["outcomes"]["UNKNOWN"] >= 1
    (check,) = [each for each in found["checks"] if each["rule"] == "VAL-01"]
    assert check["location"] == {
        "file": "infra/web.json",
        "line": 3,
        "column": 5,
        "endLine": 3,
        "endColumn": 20,
    }
    assert (check["outcome"], check["severity"], check["field"]) == ("FAIL", "ERROR", "networkMode")


def test_sarif_is_valid_and_points_into_the_file() -> None:
    document = json.loads(sarif(report()))
    Sarif.model_validate(document)
    run = document["runs"][0]
    (result,) = [each for each in run["results"] if each["ruleId"] == "VAL-01"]
    assert result["level"] == "error"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "VAL-01"
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "infra/web.json", "uriBaseId": "%SRCROOT%"}
    assert physical["region"]["startLine"] == 3
    assert {each["kind"] for each in run["results"]} == {"fail"}


def test_the_schema_would_notice() -> None:
    document = json.loads(sarif(report()))
    document["runs"][0]["results"][0]["level"] = "very bad"
    with pytest.raises(ValueError, match="level"):
        Sarif.model_validate(document)


def test_sarif_of_a_live_account_has_logical_locations_only() -> None:
    document = json.loads(sarif(report(None)))
    Sarif.model_validate(document)
    location = document["runs"][0]["results"][0]["locations"][0]
    assert list(location) == ["logicalLocations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("arn:aws:ecs:")


def test_sarif_marks_what_was_accepted() -> None:
    results = json.loads(sarif(report(suppressed="later (until 2999-01-01)")))["runs"][0]["results"]
    assert {each["suppressions"][0]["justification"] for each in results} == {
        "later (until 2999-01-01)"
    }
    results = json.loads(sarif(report(known=True)))["runs"][0]["results"]
    assert {each["baselineState"] for each in results} == {"unchanged"}


def test_junit_counts_what_it_shows() -> None:
    root = ET.fromstring(junit(report()))
    failures = root.findall(".//failure")
    assert int(root.attrib["failures"]) == len(failures) == len(report().failures)
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase"))
    skipped = [each.attrib["message"] for each in root.findall(".//skipped")]
    assert any("unknown: desiredCount is the placeholder" in each for each in skipped)
    by_suite = [int(each.attrib["failures"]) for each in root.findall("testsuite")]
    assert sum(by_suite) == len(failures)


def test_markdown_has_a_table_by_severity() -> None:
    lines = markdown(report()).splitlines()
    assert "### ERROR (1)" in lines
    (row,) = [line for line in lines if line.startswith("| [VAL-01]")]
    assert row.count(" | ") == 3
    assert "infra/web.json:3" in row


def test_markdown_stays_below_the_limit_of_a_comment() -> None:
    one = report()
    failing = [each for each in one.entries if each.outcome is Outcome.FAIL]
    many = Report(tuple(failing * 2000), {})
    written = markdown(many)
    assert "more of" in written
    assert len(written) < 200_000


@given(st.text(), st.text(), st.sampled_from(list(Severity)))
def test_any_text_survives_in_every_form(name: str, message: str, severity: Severity) -> None:
    place = Location(name or "x", 1, 1, 1, 1)
    given_ = named(place, name, message=message, severity=severity)
    Sarif.model_validate(json.loads(sarif(given_)))
    ET.fromstring(junit(given_).encode("utf-8"))
    json.loads(json_form(given_))
    for line in markdown(given_).splitlines():
        assert line == "" or line[0] in "|#0123456789a"
    text(given_, verbose=True)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_an_empty_report_has_every_form(form: Any) -> None:
    assert form(Report((), {})).endswith("\n")
