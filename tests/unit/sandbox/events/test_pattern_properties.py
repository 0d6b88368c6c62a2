import copy

from hypothesis import given
from hypothesis import strategies as st

from sandbox.events.pattern import compile_pattern, matches

names = st.sampled_from(["a", "b", "c", "d"])
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "X", "xy", "*"])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
events = st.dictionaries(names, values, min_size=1, max_size=4)
operators = st.sampled_from(
    [
        "x",
        None,
        True,
        1,
        {"prefix": "x"},
        {"suffix": "y"},
        {"anything-but": ["x", "y"]},
        {"equals-ignore-case": "x"},
        {"exists": True},
        {"exists": False},
        {"numeric": [">", 0]},
        {"wildcard": "x*"},
    ]
)
patterns = st.recursive(
    st.dictionaries(names, st.lists(operators, min_size=1, max_size=2), min_size=1, max_size=2),
    lambda inner: st.dictionaries(names, inner, min_size=1, max_size=2),
    max_leaves=4,
)


def leaf_paths(node, path=()):
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaf_paths(value, (*path, name))
    elif not isinstance(node, list):
        yield path, node


def nested(path, leaf):
    for name in reversed(path):
        leaf = {name: leaf}
    return leaf


@given(events)
def test_an_event_matches_each_of_its_own_leaves(event):
    for path, leaf in leaf_paths(event):
        assert matches(nested(path, [leaf]), event)


@given(events)
def test_exists_and_absent_are_opposites_for_every_leaf(event):
    for path, _ in leaf_paths(event):
        assert matches(nested(path, [{"exists": True}]), event)
        assert not matches(nested(path, [{"exists": False}]), event)


@given(patterns, patterns, events)
def test_or_matches_when_either_side_matches(left, right, event):
    assert matches({"$or": [left, right]}, event) == (matches(left, event) or matches(right, event))


@given(patterns, events)
def test_one_more_field_in_the_event_changes_nothing_for_the_others(pattern, event):
    assert matches(pattern, event) == matches(pattern, event | {"unrelated": {"z": [1]}})


@given(patterns, events)
def test_wrapping_a_value_in_an_array_changes_nothing(pattern, event):
    wrapped = {name: [value] for name, value in event.items()}
    assert matches(pattern, event) == matches(pattern, wrapped)


@given(patterns, events)
def test_matching_changes_neither_pattern_nor_event(pattern, event):
    before = copy.deepcopy((pattern, event))
    matches(pattern, event)
    assert (pattern, event) == before


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(0, 3))
def test_an_array_matches_a_value_exactly_if_it_contains_it(elements, wanted):
    assert matches({"a": [wanted]}, {"a": elements}) == (wanted in elements)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=5),
    st.integers(0, 2),
    st.integers(0, 2),
)
def test_two_conditions_hold_within_one_object_of_an_array(pairs, x, y):
    event = {"a": [{"x": first, "y": second} for first, second in pairs]}
    assert matches({"a": {"x": [x], "y": [y]}}, event) == ((x, y) in pairs)


@given(patterns, events)
def test_what_the_pattern_does_not_ask_for_may_as_well_be_missing(pattern, event):
    wanted = compile_pattern(pattern).wanted
    asked = {name: value for name, value in event.items() if name in wanted}
    assert matches(pattern, event) == matches(pattern, asked)


def test_a_name_with_a_dot_is_a_path():
    assert matches({"a": {"b": ["x"]}}, {"a.b": "x"})
    assert matches({"a.b": ["x"]}, {"a": {"b": "x"}, "a.b": "y"})
