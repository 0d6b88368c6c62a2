"""Whatever stands where: the audit answers, and what it cannot read is UNKNOWN, never a pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.graph import Graph, Item
from audit.model.node import Unresolved
from audit.model.resource import Resource
from audit.rule import Outcome
from tests.unit.audit.clean import graph_of, world

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "0", "-1", "ENABLED", "FARGATE", "${X}", "1 vCPU", "9" * 5000]),
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    entries = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in entries:
        yield document, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _all_places(documents: dict[type[Resource], list[Any]]) -> list[tuple[Any, Any]]:
    return [place for kind in documents.values() for place in _places(kind)]


_COUNT = len(_all_places(world()))


@given(
    st.lists(
        st.tuples(st.integers(0, _COUNT - 1), _JSON | st.just(Unresolved("?"))),
        min_size=1,
        max_size=4,
    )
)
def test_any_value_anywhere_is_survived(changes: list[tuple[int, Any]]) -> None:
    documents = world()
    places = _all_places(documents)
    for index, value in changes:
        holder, key = places[index]
        holder[key] = value
    assert evaluate(graph_of(documents), all_rules())


@given(st.sampled_from(list(world())), _JSON)
def test_any_document_is_survived(kind: type[Resource], document: Any) -> None:
    evaluate(Graph([Item(kind, document)]), all_rules())


def test_every_value_by_itself_unknown_is_never_an_error() -> None:
    for index in range(_COUNT):
        documents = world()
        holder, key = _all_places(documents)[index]
        holder[key] = Unresolved("nobody knows")
        evaluate(graph_of(documents), all_rules())


def test_nothing_known_is_never_a_pass() -> None:
    for kind in world():
        findings = evaluate(Graph([Item(kind, Unresolved("access denied"))]), all_rules())
        assert {each.outcome for each in findings} <= {Outcome.UNKNOWN}
