"""Bad specs, made from the published schema: each is refused with a path and a hint."""

from __future__ import annotations

import json

import pytest

from batch_jobs.spec_reading import InvalidSpec, parse_spec
from tests.unit.batch_jobs.bad_specs import AWS, BATCH, CASES, CONTRADICTIONS, LIST, WHOLE


def refused(spec):
    with pytest.raises(InvalidSpec) as problem:
        parse_spec(json.dumps(spec))
    assert problem.value.problems
    for each in problem.value.problems:
        assert each.path.startswith("$")
        assert each.problem
        assert each.hint
        assert "\n" not in str(each)
    return [each.path for each in problem.value.problems]


def test_the_whole_specs_are_good():
    assert parse_spec(json.dumps(WHOLE)).job == "nightly"
    for spec in (BATCH, AWS, LIST):
        strategy = parse_spec(json.dumps(spec)).strategy
        assert strategy
        assert strategy.attempts == 3
        assert [one.on_exit_code for one in strategy.listed] == ["13*"]


def test_there_are_enough_of_them():
    assert len({json.dumps(spec, sort_keys=True) for _, _, spec in CASES}) >= 200


@pytest.mark.parametrize(("path", "wrong", "spec"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_a_spec_against_the_schema_is_refused_at_its_place(path, wrong, spec):
    paths = refused(spec)
    named = next(step for step in reversed(path) if isinstance(step, str))
    assert any(named in found for found in paths) or path[0] in str(paths), (paths, wrong)


@pytest.mark.parametrize(("path", "fields"), CONTRADICTIONS)
def test_a_contradiction_is_refused_at_its_place(path, fields):
    assert path in refused({**WHOLE, **fields})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\ud800", "[" * 100_000, "1e999"])
def test_what_is_no_spec_is_refused(text):
    with pytest.raises(InvalidSpec) as problem:
        parse_spec(text.encode("utf-8", "surrogatepass"))
    assert problem.value.problems[0].path.startswith("$")


def test_a_misspelled_field_is_named_with_the_one_that_was_meant():
    with pytest.raises(InvalidSpec, match=r"\$\.paralelism.*did you mean parallelism\?"):
        parse_spec(json.dumps({**WHOLE, "paralelism": 2}))


def test_a_field_of_another_place_is_answered_with_what_stands_here():
    with pytest.raises(
        InvalidSpec, match=r"capacity\[0\]\.type.*elsewhere; here: a list.*provider"
    ):
        parse_spec(json.dumps({**WHOLE, "capacity": [{"type": "FARGATE"}]}))


def test_every_field_that_is_wrong_is_told_at_once():
    wrong = {
        **WHOLE,
        "fanOut": {"count": 0, "lines": 7},
        "retries": {"application": -1, "lunch": 2},
        "overlap": "Forbid",
        "capacity": [{"provider": "FARGATE"}, {"launchType": "EC3"}, "FARGATE"],
        "paralelism": 2,
    }
    del wrong["cluster"]
    assert refused(wrong) == [
        "$.capacity[1].launchType",
        "$.capacity[2]",
        "$.fanOut.count",
        "$.fanOut.lines",
        "$.overlap",
        "$.retries.application",
        "$.retries.lunch",
        "$.paralelism",
        "$.cluster",
    ]


def test_a_list_that_is_too_long_is_told_where_its_parts_are_good():
    assert refused({**WHOLE, "dependsOn": [{"job": f"j{n}"} for n in range(21)]}) == ["$.dependsOn"]
