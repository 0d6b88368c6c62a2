"""Whatever is in a file: findings or one line that says why not, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.catalogue import all_rules
from audit.report.sarif import sarif
from audit.report.text import text
from audit.rule import Severity
from sandbox.lint.audit_files import Audited, audit_files
from sandbox.lint.fixing import diffs

_ECS = botocore.session.get_session().get_service_model("ecs")
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200_000),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["app", "FARGATE", "awsvpc", "1 vCPU", "${X}", "<X>", "{{x}}", "0", "ENABLED"]),
    st.just([]),
    st.just({}),
)


def _of(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    """Values of an API's shape, with something odd in every place now and then."""
    match shape:
        case _ if depth == 0:
            return _ODD
        case StructureShape():
            members = {name: _of(member, depth - 1) for name, member in shape.members.items()}
            usual = st.fixed_dictionaries({}, optional=members)
        case ListShape():
            usual = st.lists(_of(shape.member, depth - 1), max_size=3)
        case MapShape():
            usual = st.dictionaries(st.text(max_size=5), _of(shape.value, depth - 1), max_size=2)
        case _ if getattr(shape, "enum", None):
            usual = st.sampled_from(shape.enum)
        case _:
            return _ODD
    return st.one_of(usual, usual, usual, _ODD)


def _request(operation: str) -> st.SearchStrategy[Any]:
    return _of(_ECS.operation_model(operation).input_shape, 5)


_TASK, _SERVICE = _request("RegisterTaskDefinition"), _request("CreateService")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def _audit(folder: Path, **files: str | bytes) -> Audited:
    names = []
    for name, content in files.items():
        file = folder / name.replace("_", ".")
        file.write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        )
        names.append(str(file))
    audited = audit_files(names, all_rules(), {})
    text(audited.report, verbose=True)
    sarif(audited.report)
    diffs(audited.report.failures, audited.texts)
    return audited


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=80)
@given(task=_TASK, service=_SERVICE)
def test_documents_of_the_apis_shape(folder: Path, task: Any, service: Any) -> None:
    _audit(folder, task_json=json.dumps(task), service_json=json.dumps(service))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
@given(task=_TASK, service=_SERVICE)
def test_the_same_in_a_template(folder: Path, task: Any, service: Any) -> None:
    resources = {
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
        "Service": {"Type": "AWS::ECS::Service", "Properties": service},
    }
    _audit(folder, template_yaml=json.dumps({"Resources": resources}))


@given(content=st.binary(max_size=200))
def test_bytes(folder: Path, content: bytes) -> None:
    _audit(folder, x_json=content, x_yaml=content)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 200_000,
        "[" * 50_000 + "]" * 50_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        '{"containerDefinitions": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"ContainerDefinitions": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": '
        + '{"A": ' * 5_000
        + "1"
        + "}" * 5_003,
    ],
    ids=["open", "lists", "objects", "containers", "properties", "template"],
)
def test_deep_nesting(folder: Path, content: str) -> None:
    audited = _audit(folder, deep_json=content)
    assert audited.report.at_least(Severity.ERROR) or audited.complete


def test_five_megabytes_in_one_task_definition(folder: Path) -> None:
    environment = [{"name": f"VARIABLE_{n}", "value": "x" * 40} for n in range(100)]
    containers = [
        {
            "name": f"app-{n}",
            "image": "web:1",
            "environment": environment,
            "portMappings": [{"containerPort": n + 1}],
            "dependsOn": [{"containerName": f"app-{n - 1}", "condition": "START"}] if n else [],
        }
        for n in range(700)
    ]
    content = json.dumps({"family": "big", "containerDefinitions": containers})
    assert len(content) > 5_000_000
    assert _audit(folder, big_json=content).complete
