"""What RunTask would refuse is found before the first shard runs: no spec is half-executed."""

import pytest

from batch_jobs.spec_reading import InvalidSpec
from tests.unit.batch_jobs import builders


def paths(**given):
    with pytest.raises(InvalidSpec) as refused:
        builders.planned(**given)
    return [problem.path for problem in refused.value.problems]


def test_a_container_that_the_task_definition_does_not_have_is_refused_by_its_name():
    overrides = {"containerOverrides": [{"name": "app"}, {"name": "ap", "command": ["x"]}]}
    assert paths(overrides=overrides) == ["$.overrides.containerOverrides[1].name"]


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"memory": "4097"}, "$.overrides.memory"),
        ({"cpu": "100"}, "$.overrides.cpu"),
        ({"cpu": "256", "memory": "8192"}, "$.overrides.memory"),
    ],
)
def test_a_size_that_fargate_does_not_have_is_refused(overrides, path):
    assert paths(overrides=overrides) == [path]
    builders.planned(overrides=overrides, capacity=[{"launchType": "EC2"}])


def test_a_task_definition_for_instances_is_refused_on_fargate():
    for_instances = {"requiresCompatibilities": ["EC2"], "compatibilities": ["EC2"]}
    assert paths(definition=for_instances) == ["$.capacity"]
    builders.planned(definition=for_instances, capacity=[{"launchType": "EC2"}])
    builders.planned(definition={"compatibilities": ["EC2", "FARGATE"]})


def test_the_item_that_is_longest_as_json_is_measured():
    items = ["a" * 1024, '"' * 1000]
    long = {"containerOverrides": [{"name": "app", "command": ["x" * 6_300]}]}
    builders.planned(items=items[:1], overrides=long, fanOut={"items": items[:1]})
    assert paths(items=items, overrides=long, fanOut={"items": items}) == ["$.overrides"]
