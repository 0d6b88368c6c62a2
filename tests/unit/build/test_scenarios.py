"""Each acceptance scenario of the deployment guard is played through the shipped template, by its number."""

import ast

import pytest

from build_tools.sam import ROOT

SCENARIOS = range(1, 27)
# What is about sinks and the self-test is played where those are at home, under the same numbers.
PLACES = {"deploy_guard": "test_s{:02d}_", "alerts": "test_{:02d}_"}


def played(number):
    """The tests that play a scenario, all of them with the whole stack deployed."""
    found = []
    for room, beginning in PLACES.items():
        for path in sorted((ROOT / "tests" / "integration" / room).glob("test_*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
            found += [name for name in functions if name.startswith(beginning.format(number))]
    return found


@pytest.mark.parametrize("number", SCENARIOS)
def test_every_scenario_of_the_guard_is_played_through_the_shipped_template(number):
    assert played(number)


def test_a_scenario_that_nobody_plays_is_missed():
    assert played(len(SCENARIOS) + 1) == []
