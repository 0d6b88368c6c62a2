"""Every rule: it passes on a clean world, fails after one change, and nothing else of its family does."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

from audit.catalogue import all_rules
from audit.evaluation import Finding, evaluate
from audit.rule import Outcome
from tests.unit.audit import cases
from tests.unit.audit.case import Case, Change, changed
from tests.unit.audit.clean import graph_of, world

CASES: list[Case] = [
    case
    for module in pkgutil.iter_modules(cases.__path__)
    for case in import_module(f"{cases.__name__}.{module.name}").CASES
]


def _findings(*changes: Change) -> list[Finding]:
    return evaluate(graph_of(changed(world(), changes)), all_rules())


def _failing(findings: list[Finding]) -> set[str]:
    return {each.rule.id for each in findings if each.outcome is Outcome.FAIL}


def _family(rule: str) -> str:
    return rule.partition("-")[0]


def test_the_clean_world_has_nothing_to_find() -> None:
    bad = {(each.rule.id, each.outcome, each.message) for each in _findings()}
    assert {each for each in bad if each[1] in (Outcome.FAIL, Outcome.UNKNOWN)} == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_verdict_flips(case: Case) -> None:
    before = [each for each in _findings(*case.given) if each.rule.id == case.rule]
    assert {each.outcome for each in before} <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert Outcome.PASS in {each.outcome for each in before}

    findings = _findings(*case.given, *case.changes)

    failed = [f for f in findings if f.rule.id == case.rule and f.outcome is Outcome.FAIL]
    assert [case.at] == [each.field for each in failed]
    assert case.says in failed[0].message
    if case.severity:
        assert failed[0].severity.name == case.severity
    family = {rule for rule in _failing(findings) if _family(rule) == _family(case.rule)}
    assert family == {case.rule, *case.also}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_every_rule_has_a_case(rule: object) -> None:
    assert rule.id in {case.rule for case in CASES}


def test_cases_are_of_rules_that_exist() -> None:
    assert {case.rule for case in CASES} <= {rule.id for rule in all_rules()}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_metadata_is_complete(rule: object) -> None:
    assert rule.id.partition("-")[2].isdigit()
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.source.startswith("https://")
    assert rule.remedy
    assert not rule.remedy.endswith(".")
    tools = {"cfn-lint", "SecurityHub", "Prowler", "Checkov", "Trivy", "KICS"}
    assert {anchor.partition(":")[0] for anchor in rule.anchors} <= tools


def test_no_id_is_given_twice() -> None:
    ids = [rule.id for rule in all_rules()]
    assert len(ids) == len(set(ids))
