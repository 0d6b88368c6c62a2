"""The shapes that the audit holds documents against are botocore's, and so is the judgement."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from audit.model import api_shape
from audit.model.node import Node
from audit.model.task_definition import TaskDefinition
from build_tools.api_shapes import TARGET, shapes
from tests.unit.audit.clean import world

_REQUEST = (
    botocore.session.get_session()
    .get_service_model("ecs")
    .shape_for("RegisterTaskDefinitionRequest")
)
_WORDS = ["environments", "portMapping", "name", "essential", "comment", "options"]
_VALUES = st.one_of(
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False),
    st.sampled_from(["", "8080", "true"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from(_WORDS), st.integers(0, 3), max_size=2),
)


def test_the_file_is_botocores_model() -> None:
    assert TARGET.read_text(encoding="utf-8") == shapes(), "python -m build_tools.api_shapes"


def _request() -> dict[str, Any]:
    document = world()[TaskDefinition][0]
    return {key: value for key, value in document.items() if key in _REQUEST.members}


def _holders(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [value] if isinstance(value, dict | list) else []
    return found + [holder for each in inner for holder in _holders(each)]


@given(st.data())
def test_it_finds_something_exactly_when_botocore_does(data: st.DataObject) -> None:
    document = _request()
    holder = data.draw(st.sampled_from(_holders(document)))
    keys = list(holder) + _WORDS if isinstance(holder, dict) else [*range(len(holder))]
    if keys:
        holder[data.draw(st.sampled_from(keys))] = data.draw(_VALUES)

    found = list(api_shape.problems(Node(document), "task definition"))
    # For botocore a flag is a number, as in Python; on the wire it is not.
    # And of sets of values it knows nothing.
    found = [
        each
        for each in found
        if "enum value set" not in each.message
        and not each.message.endswith("it is a flag, not a whole number")
    ]

    assert bool(found) == ParamValidator().validate(document, _REQUEST).has_errors(), found


def test_a_value_that_is_filled_in_later_is_not_judged() -> None:
    node = Node(_request() | {"cpu": "{{cpu}}", "family": "${FAMILY}"})
    assert not list(api_shape.problems(node, "task definition"))
