"""A copy is the original in every field but the images: ECS's own model says which fields there are."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import session

from deploy_guard.model import Image
from deploy_guard.pinned_copy import REGISTERED, copied

_ECS = session.get_session().get_service_model("ecs")
_REQUEST = _ECS.operation_model("RegisterTaskDefinition").input_shape
# What ECS makes of it: no parameter of ours.
_OF_ECS = {
    *("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities"),
    *("registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt"),
}
_SCALARS = {"integer": 1, "long": 1, "boolean": True, "timestamp": "2026-01-05"}


def example(shape: Any, depth: int = 0) -> Any:
    """A value with every member of a shape of the model."""
    if shape.type_name == "structure":
        members = {} if depth > 8 else shape.members
        return {name: example(member, depth + 1) for name, member in members.items()}
    if shape.type_name == "list":
        return [example(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"key": example(shape.value, depth + 1)}
    return _SCALARS.get(shape.type_name, f"a {shape.name}")


@pytest.fixture
def described() -> dict[str, Any]:
    """A task definition as DescribeTaskDefinition shows it, with all that it can have."""
    definition: dict[str, Any] = example(_ECS.shape_for("TaskDefinition"))
    app, log = definition["containerDefinitions"][0], definition["containerDefinitions"][0]
    containers = [app | {"name": "app", "image": "web:latest"}, log | {"name": "log"}]
    return definition | {"containerDefinitions": containers}


def test_every_parameter_of_the_api_is_copied_and_nothing_else():
    assert {*REGISTERED, "tags"} == set(_REQUEST.members)
    assert set(_ECS.shape_for("TaskDefinition").members) - _OF_ECS == set(REGISTERED)
    assert len(REGISTERED) == len(set(REGISTERED))


def test_a_copy_of_an_inactive_one_is_equal_in_every_field(described):
    expected = {name: value for name, value in described.items() if name not in _OF_ECS}
    assert copied(described, ()) == expected
    assert {"taskRoleArn", "executionRoleArn", "volumes", "runtimePlatform"} <= expected.keys()


def test_a_pinned_copy_differs_in_the_images_that_are_given_alone(described):
    pinned = copied(described, (Image("app", "web@sha256:0c1d", "sha256:0c1d"),))
    app, log = pinned.pop("containerDefinitions")
    original, untouched = described["containerDefinitions"]
    assert app == original | {"image": "web@sha256:0c1d"}
    assert log == untouched
    left = {name: value for name, value in described.items() if name not in _OF_ECS}
    del left["containerDefinitions"]
    assert pinned == left


def test_what_the_original_does_not_have_is_not_sent():
    given = {
        "family": "web",
        "cpu": None,
        "containerDefinitions": [{"name": "app", "image": "web"}],
    }
    assert copied(given | {"revision": 4, "status": "ACTIVE"}, ()) == {
        "family": "web",
        "containerDefinitions": [{"name": "app", "image": "web"}],
    }
