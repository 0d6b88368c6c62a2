"""What CloudWatch sends, and what it might."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.request import Request, request_from


def test_parameters_size_and_theme_are_read():
    event = {
        "cluster": "prod",
        "service": "web-*",
        "only": "trouble",
        "widgetContext": {"theme": "dark", "width": 588, "height": 369.5},
    }
    assert request_from(event) == Request("prod", "web-*", True, "dark", 588, 369)


def test_a_button_keeps_the_parameters_that_the_widget_was_configured_with():
    event = {"only": "trouble", "widgetContext": {"params": {"cluster": "prod", "only": "all"}}}
    request = request_from(event)
    assert (request.cluster, request.only_trouble) == ("prod", True)


def test_without_anything_everything_is_shown():
    assert request_from({}) == Request()


def test_a_name_without_a_wildcard_is_one_cluster():
    assert Request(cluster="prod").one_cluster == "prod"
    assert [Request(cluster=glob).one_cluster for glob in ("*", "pro?", "[dp]*")] == [None] * 3


def test_globs_select_clusters_and_services():
    request = Request(cluster="prod*", service="web-?")
    assert request.wants_cluster("prod-eu")
    assert not request.wants_cluster("dev")
    assert request.wants_service("web-1")
    assert not request.wants_service("Web-1")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
names = st.sampled_from(["cluster", "service", "only", "widgetContext", "describe"])
context_names = st.sampled_from(["width", "height", "theme", "params"])


@given(
    st.dictionaries(names, json_values | st.dictionaries(context_names, json_values)),
)
def test_nonsense_is_never_an_error(event):
    request = request_from(event)
    assert 100 <= request.width <= 10_000
    assert request.theme in ("light", "dark")


@pytest.mark.parametrize("width", [float("nan"), True, "wide", None])
def test_a_width_that_is_no_number_is_the_usual_one(width):
    assert request_from({"widgetContext": {"width": width}}).width == Request().width
