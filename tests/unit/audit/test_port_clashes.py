"""SDC-01 against the slow and simple way: compare every port with every other."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audit.evaluation import evaluate
from audit.model.graph import Graph, Item
from audit.model.task_definition import TaskDefinition
from audit.rule import Outcome
from audit.rules.sidecars_network import one_port_each

_PORT = st.integers(1, 12)
_MAPPING = st.builds(
    lambda first, length, protocol: (
        {"containerPort": first, "protocol": protocol}
        if not length
        else {"containerPortRange": f"{first}-{first + length}", "protocol": protocol}
    ),
    _PORT,
    st.integers(0, 4),
    st.sampled_from(["tcp", "udp"]),
)


def _claims(mapping: dict[str, Any]) -> set[tuple[int, str]]:
    single = mapping.get("containerPort")
    first, last = (single, single) if single else map(int, mapping["containerPortRange"].split("-"))
    return {(port, mapping["protocol"]) for port in range(first, last + 1)}


@given(st.lists(st.lists(_MAPPING, max_size=3), min_size=1, max_size=5))
def test_a_clash_is_found_exactly_when_two_mappings_hold_one_port(
    mappings: list[list[dict[str, Any]]],
) -> None:
    containers = [
        {"name": f"c{n}", "image": "i", "portMappings": each} for n, each in enumerate(mappings)
    ]
    task = {"family": "t", "networkMode": "awsvpc", "containerDefinitions": containers}
    claimed = [_claims(mapping) for each in mappings for mapping in each]
    clash = sum(map(len, claimed)) > len(set().union(*claimed)) if claimed else False

    findings = evaluate(Graph([Item(TaskDefinition, task)]), [one_port_each])

    assert any(each.outcome is Outcome.FAIL for each in findings) is clash
