"""YAML with positions, CloudFormation's short tags, and what would blow up other readers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.lint.marked import Unreadable
from sandbox.lint.yaml_text import parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: !Ref X", {"a": {"Ref": "X"}}),
        ("a: !GetAtt B.Arn", {"a": {"Fn::GetAtt": ["B", "Arn"]}}),
        ("a: !Sub [x, {y: 1}]", {"a": {"Fn::Sub": ["x", {"y": 1}]}}),
        ("a: !If [c, !Ref B, 1]", {"a": {"Fn::If": ["c", {"Ref": "B"}, 1]}}),
        ("a: !Equals ['', !Ref B]", {"a": {"Fn::Equals": ["", {"Ref": "B"}]}}),
        ("a: true\nb: ~\nc: 1_000\nd: .5\ne: 2020-01-01", None),
        ("a: '1'\nb: 0o17", {"a": "1", "b": "0o17"}),
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}", {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}}),
    ],
)
def test_values(text: str, value: Any) -> None:
    expected = value or {"a": True, "b": None, "c": 1000, "d": 0.5, "e": "2020-01-01"}
    assert parse_yaml(text) == ([expected], ())


def test_every_document_of_a_file_is_read() -> None:
    assert parse_yaml("a: 1\n---\nb: 2\n")[0] == [{"a": 1}, {"b": 2}]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**9), 10**9)
        | st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
        max_leaves=10,
    )
)
def test_json_is_yaml_too(value: Any) -> None:
    assert parse_yaml(json.dumps(value))[0] == [value]


@given(st.text(alphabet="{}[]&*!:-? \n\tab'\"|>#%@`,0.~<"))
def test_garbage_is_refused_or_read_but_never_crashes(text: str) -> None:
    try:
        parse_yaml(text)
    except Unreadable as error:
        problem = error
    else:
        return
    assert 0 <= problem.offset <= len(text)
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "not YAML"),
        ("a: *b", "the anchor 'b' is not known"),
        ("a: &a [*a]", "the anchor 'a' is not known"),
        ("? [a]\n: 1", "cannot be a name"),
        ("[" * 5000, "nested more than 1000 deep"),
        ("a: \x00", "not YAML"),
    ],
)
def test_what_ends_the_reading(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words.replace("'", ".")):
        parse_yaml(text)


def test_a_name_given_twice_is_told() -> None:
    (value,), (problem,) = parse_yaml("a: 1\na: 2\n")
    assert value == {"a": 2}
    assert problem.offset == 5


def test_aliases_of_aliases_cost_nothing() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (value,), _ = parse_yaml("\n".join(levels))
    assert value["a29"][0] is value["a28"]
