from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import InvalidMessage
from ecsops.events.envelope import Detail, parse_event, read_detail, read_document
from ecsops.events.hook import HookInvocation

ENVELOPE = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {}}


class Part(Detail, frozen=True):
    name: str = ""
    size: int | None = None


class Whole(Detail, frozen=True):
    task_arn: str
    count: int = 0
    parts: tuple[Part, ...] | None = None
    required_parts: tuple[Part, ...] = ()


class Strict(Detail, frozen=True):
    parts: tuple[Part, ...]


def body(**changes) -> str:
    return json.dumps(ENVELOPE | {key.replace("_", "-"): value for key, value in changes.items()})


def rejection(text: str | bytes) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as caught:
        parse_event(text)
    return caught.value


def read(detail: object) -> Whole:
    return read_detail(parse_event(body(detail=detail)), Whole)


def test_unknown_fields_are_normal():
    event = parse_event(body(tomorrow={"a": [1]}, version="1"))
    assert event.source == "aws.ecs"


def test_only_what_is_needed_is_required():
    event = parse_event(json.dumps(ENVELOPE))
    assert (event.id, event.time, event.resources, event.occurred_at()) == ("", None, (), None)


@pytest.mark.parametrize("field", ["source", "detail-type", "detail"])
def test_a_missing_field_is_named(field):
    text = json.dumps({key: value for key, value in ENVELOPE.items() if key != field})
    assert rejection(text).path == f"$.{field}"
    assert rejection(text).problem == "required field is missing"


@pytest.mark.parametrize("field", ["source", "detail-type"])
@pytest.mark.parametrize("value", [None, 5, [], {}, True])
def test_a_needed_field_of_another_type_is_named_with_that_type(field, value):
    error = rejection(json.dumps(ENVELOPE | {field: value}))
    assert error.path == f"$.{field}"
    assert error.problem.startswith("Expected `str`, got")


@pytest.mark.parametrize(
    ("field", "value"), [("time", 5), ("id", None), ("resources", "arn"), ("resources", [None])]
)
def test_an_optional_field_of_another_type_counts_as_missing(field, value):
    event = parse_event(json.dumps(ENVELOPE | {field: value}))
    assert (event.time, event.id, event.resources) == (None, "", ())


def test_an_optional_surprise_does_not_hide_what_is_missing():
    assert rejection('{"time": 5, "detail-type": "x", "detail": {}}').path == "$.source"


def test_of_two_equal_keys_the_last_counts():
    text = json.dumps(ENVELOPE).replace('"source"', '"source": "x", "source"', 1)
    assert parse_event(text).source == "aws.ecs"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "5",
        '"x"',
        "NaN",
        '{"source": NaN}',
        "x" * 1_000_000,
        '{"source": 1, "detail',
        '{"source": "a", "detail-type": "b", "detail": {',
        '{"source": 1} trailing',
        "\ud800",
        '{"source": "\\ud800"}',
        b"\xff\xfe",
        b'{"source": "\xff"}',
        "[" * 200_000,
        '{"a":' * 100_000,
        json.dumps(ENVELOPE)[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"source": 1, "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"source": ' + "9" * 5_000 + "}",
        '{"source": 1e400}',
    ],
    ids=lambda text: repr(text[:30]),
)
def test_nonsense_of_any_kind_is_an_invalid_message(text):
    assert rejection(text).path.startswith("$")


def test_the_reason_of_a_rejection_stays_short():
    assert len(str(rejection("x" * 1_000_000))) < 300


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_body_is_an_event_or_an_invalid_message(text):
    with contextlib.suppress(InvalidMessage):
        parse_event(text)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "size", "x.y", ""]) | st.text(max_size=3), inner)
    ),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("taskArn", "count", "parts", "requiredParts", "x", "x.y", "[0]"), _json
        ),
    )
)
def test_any_detail_is_read_or_rejected_with_a_path_below_the_detail(detail):
    if isinstance(detail.get("taskArn"), str):
        assert read(detail).task_arn == detail["taskArn"]
        return
    with pytest.raises(InvalidMessage) as caught:
        read(detail)
    assert caught.value.path == "$.detail.taskArn"


def test_the_path_of_a_details_field_begins_with_the_detail():
    with pytest.raises(InvalidMessage) as caught:
        read({"count": 1})
    assert caught.value.path == "$.detail.taskArn"


@pytest.mark.parametrize("detail", [None, [], 5, "x"])
def test_a_detail_that_is_no_object_is_rejected(detail):
    with pytest.raises(InvalidMessage, match=r"^\$\.detail: Expected `object`"):
        read(detail)


def test_a_surprise_inside_an_array_is_dropped_in_every_element():
    parts = [{"name": "a", "size": "big"}, {"name": "b", "size": {}}, {"name": "c"}]
    whole = read({"taskArn": "t", "parts": parts})
    assert [part.name for part in whole.parts] == ["a", "b", "c"]
    assert all(part.size is None for part in whole.parts)


@pytest.mark.parametrize("parts", [[None], ["x"], [{"name": "a"}, 5], {"0": {}}, "x", 7])
def test_an_array_with_odd_elements_counts_as_missing(parts):
    whole = read({"taskArn": "t", "parts": parts, "requiredParts": parts})
    assert whole.parts is None
    assert whole.required_parts == ()


def test_a_needed_array_with_odd_elements_is_rejected_for_what_is_odd():
    with pytest.raises(InvalidMessage) as caught:
        read_document('{"parts": [{"name": "a"}, 5]}', Strict)
    assert caught.value.path == "$.parts[1]"
    assert caught.value.problem == "Expected `object`, got `int`"


def test_a_surprise_inside_a_mapping_counts_as_missing():
    document = {
        "lifecycleStage": "PRE_SCALE_UP",
        "resourceArn": "r",
        "executionDetails": {"productionTrafficWeights": {"a.b[0]": "all"}, "serviceArn": "s"},
    }
    details = read_document(json.dumps(document), HookInvocation).execution_details
    assert details.production_traffic_weights is None
    assert details.service_arn == "s"


def test_a_surprise_below_a_mapping_is_dropped_in_every_element():
    class Shelf(Detail, frozen=True):
        parts: dict[str, Part]

    text = json.dumps({"parts": {"a": {"name": "a", "size": "x"}, "b": {"name": "b", "size": []}}})
    assert set(read_document(text, Shelf).parts) == {"a", "b"}


def test_a_document_of_nothing_but_surprises_is_rejected():
    fields = [(f"f{n}", int | None, None) for n in range(40)]
    kind = msgspec.defstruct("Many", fields, frozen=True)
    with pytest.raises(InvalidMessage, match=r"Expected `int \| null`, got `str`"):
        read_document(json.dumps({f"f{n}": "x" for n in range(40)}), kind)


def test_huge_integers_are_integers():
    assert read({"taskArn": "t", "count": 2**63}).count == 2**63
