import json

import pytest

from sandbox.errors import ApiError
from sandbox.events.target_input import target_input, validate_target_input

EVENT = {
    "id": "1",
    "time": "2026-01-05T09:00:00Z",
    "source": "aws.ecs",
    "detail": {"status": 'say "no"', "count": 3, "names": ["a", "b"], "list": [{"n": 1}, {"n": 2}]},
}
RULE = {"name": "watch", "arn": "arn:rule/watch"}


def transformed(template, **paths):
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    return target_input({"InputTransformer": transformer}, EVENT, RULE)


def test_without_more_the_whole_event_is_sent():
    assert json.loads(target_input({}, EVENT, RULE)) == EVENT


def test_a_constant_input_replaces_the_event():
    assert target_input({"Input": '{"a": 1}'}, EVENT, RULE) == '{"a": 1}'


def test_an_input_path_sends_a_part():
    assert json.loads(target_input({"InputPath": "$.detail.names[1]"}, EVENT, RULE)) == "b"


def test_a_variable_outside_quotes_becomes_json():
    text = transformed(
        '{"s": <s>, "n": <n>, "all": <l>}',
        s="$.detail.status",
        n="$.detail.count",
        l="$.detail.names",
    )
    assert json.loads(text) == {"s": 'say "no"', "n": 3, "all": ["a", "b"]}


def test_a_variable_inside_quotes_becomes_text_and_stays_valid_json():
    assert json.loads(
        transformed('"was <s>, <n> times"', s="$.detail.status", n="$.detail.count")
    ) == ('was say "no", 3 times')


def test_a_star_collects_from_every_element():
    assert json.loads(transformed('{"n": <n>}', n="$.detail.list[*].n")) == {"n": [1, 2]}


def test_a_variable_that_the_event_does_not_have_leaves_nothing():
    assert json.loads(transformed('{"a": "x<m>y", "b": <m>}', m="$.detail.missing")) == {
        "a": "xy",
        "b": "",
    }


def test_reserved_variables_need_no_path():
    text = transformed(
        '{"r": "<aws.events.rule-name>", "a": "<aws.events.rule-arn>", "e": <aws.events.event.json>}'
    )
    assert json.loads(text) == {"r": "watch", "a": "arn:rule/watch", "e": EVENT}


def test_the_event_variable_leaves_the_detail_out():
    assert "detail" not in json.loads(transformed('{"e": <aws.events.event>}'))["e"]


@pytest.mark.parametrize(
    "target",
    [
        {"Id": "1", "Input": "{}", "InputPath": "$.a"},
        {"Id": "1", "Input": "{no json"},
        {"Id": "1", "InputPath": "detail"},
        {"Id": "1", "InputTransformer": {"InputPathsMap": {"a": "$.x[?]"}, "InputTemplate": "<a>"}},
    ],
)
def test_an_input_that_put_targets_refuses_is_refused(target):
    with pytest.raises(ApiError, match="ValidationException"):
        validate_target_input(target)
