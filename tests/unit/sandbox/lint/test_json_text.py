"""JSON with positions: what is read over, what ends the reading, and that nothing crashes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.lint.json_text import parse_exactly, parse_json
from sandbox.lint.marked import MarkedDict, MarkedList, Unreadable
from sandbox.lint.plain_json import Surprise, read_plain

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_JSON, st.sampled_from([None, 1, 4]), st.booleans())
def test_valid_json_reads_as_python_reads_it(value: Any, indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    assert parse_json(text) == (json.loads(text), ())


@given(_JSON)
def test_every_span_holds_the_text_of_its_value(value: Any) -> None:
    text = json.dumps(value, indent=2)

    def check(node: Any) -> None:
        if isinstance(node, MarkedDict):
            for key, (start, end) in node.keys_at.items():
                assert json.loads(text[start:end]) == key
                first, last = node.values_at[key]
                assert json.loads(text[first:last]) == node[key]
                check(node[key])
        elif isinstance(node, MarkedList):
            for each, (start, end) in zip(node, node.values_at, strict=True):
                assert json.loads(text[start:end]) == each
                check(each)

    check(parse_json(text)[0])


@given(st.text() | st.text(alphabet='{}[]",:\\0123456789truefalsn \n/*#u'))
def test_garbage_is_refused_or_read_but_never_crashes(text: str) -> None:
    try:
        value, problems = parse_json(text)
    except Unreadable as error:
        problem = error
    else:
        assert problems or value == json.loads(text)
        return
    assert 0 <= problem.offset <= len(text)
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("text", "value", "offset", "words"),
    [
        ('{"a": 1, }', {"a": 1}, 7, "a comma before the closing bracket"),
        ("[1,\n]", [1], 2, "a comma before the closing bracket"),
        ('// why\n{"a": 1}', {"a": 1}, 0, "JSON has no comments"),
        ('{"a": 1 /* b */}', {"a": 1}, 8, "JSON has no comments"),
        ('{"a": 1, "a": 2}', {"a": 2}, 9, "'a' is given twice; the last one counts"),
    ],
)
def test_what_is_read_over(text: str, value: Any, offset: int, words: str) -> None:
    found, (problem,) = parse_json(text)
    assert (found, problem.offset) == (value, offset)
    assert words in problem.message


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "the file is empty"),
        ("{", 0, "this object is never closed"),
        ('{"a": [1}', 8, "a closing bracket is missing before '}'"),
        ('{"a": 1 "b": 2}', 8, "a comma"),
        ('{"a" 1}', 5, "a colon is missing"),
        ("{a: 1}", 1, "not JSON: 'a: 1}'"),
        ('{"a": NaN}', 6, "not JSON: 'NaN}'"),
        ('{"a": {{ cpu }}}', 7, "a name in quotes or a closing bracket belongs before"),
        ('{"a": 01}', 6, "not JSON"),
        ('{"a": 1}}', 8, "more text after the document's end"),
        ("1" * 5000, 0, "a number of 5000 digits"),
        ("\x00", 0, "not JSON"),
    ],
)
def test_what_ends_the_reading(text: str, offset: int, words: str) -> None:
    with pytest.raises(Unreadable) as error:
        parse_json(text)
    assert error.value.offset == offset
    assert words in error.value.message


def test_a_hundred_thousand_levels_are_read() -> None:
    value, _ = parse_json("[" * 100_000 + "]" * 100_000)
    assert isinstance(value, list)


def _marks(value: Any) -> Any:
    """Everything that a reader remembers, so that two can be compared."""
    if isinstance(value, MarkedDict):
        inner = {key: _marks(each) for key, each in value.items()}
        return inner, value.span, value.keys_at, value.values_at
    if isinstance(value, MarkedList):
        return [_marks(each) for each in value], value.span, value.values_at
    return value, type(value)


@given(_JSON, st.sampled_from([None, 1, 4]), st.booleans())
def test_the_quick_reader_reads_what_the_exact_one_reads(
    value: Any, indent: int | None, ascii_: bool
) -> None:
    document = value if isinstance(value, dict | list) else [value]
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_)
    assert _marks(read_plain(text)) == _marks(parse_exactly(text)[0])


@given(st.text(alphabet='{}[],:"\\ \n01.e-truefalsn/*#x', max_size=40))
def test_the_quick_reader_reads_nothing_that_the_exact_one_refuses(text: str) -> None:
    try:
        quick = read_plain(text)
    except Surprise:
        return
    exact, problems = parse_exactly(text)
    assert _marks(quick) == _marks(exact)
    assert problems == ()
