"""What the functions need is read from their source."""

from pathlib import Path

import pytest

from build_tools import needs

FUNCTIONS = Path(__file__).parents[3] / "functions"


@pytest.fixture
def source(tmp_path):
    def write(text: str) -> Path:
        (tmp_path / "module.py").write_text(text)
        return tmp_path

    return write


def test_a_service_is_needed_when_a_client_of_it_is_made(source):
    assert needs.services(source('a = client("ecs")\nb = clients.client("sqs")')) == {"ecs", "sqs"}


def test_a_service_that_is_only_named_is_not_needed(source):
    assert needs.services(source('"ecs"\nother("ec2")\nclient(name)')) == set()


@pytest.mark.parametrize(
    "call",
    [
        "self.ecs.describe_tasks(cluster=c)",
        "ecs.describe_tasks()",
        "self._ecs.describe_tasks()",
        'client("ecs").describe_tasks()',
    ],
)
def test_an_operation_is_found_however_the_client_is_held(source, call):
    assert needs.operations(source(f'client("ecs")\n{call}')) == {("ecs", "DescribeTasks")}


def test_paginators_and_waiters_count_as_calls(source):
    text = 'client("ecs")\necs.get_paginator("list_tasks")\necs.get_waiter("describe_tasks")'
    found = needs.operations(source(text))
    assert found == {("ecs", "ListTasks"), ("ecs", "DescribeTasks")}


def test_a_service_with_a_hyphen_is_held_under_a_name_with_an_underscore(source):
    text = 'client("application-autoscaling")\napplication_autoscaling.put_scaling_policy()'
    found = needs.operations(source(text))
    assert found == {("application-autoscaling", "PutScalingPolicy")}
    assert needs.unattributed(source(text)) == set()


def test_a_word_that_is_also_an_operation_of_another_service_is_not_taken_for_a_call(source):
    assert needs.operations(source('client("sns")\nalerts.publish(events)')) == set()


def test_a_client_under_another_name_is_noticed(source):
    text = 'client("ecs")\nelastic = client("ecs")\nelastic.describe_tasks()'
    assert needs.unattributed(source(text)) == {"elastic.describe_tasks"}


def test_every_client_in_the_functions_is_named_after_its_service():
    assert needs.unattributed(FUNCTIONS) == set()


def test_every_service_that_a_client_is_made_for_is_called():
    used = needs.services(FUNCTIONS)
    assert used
    assert {service for service, _ in needs.operations(FUNCTIONS)} == used
