"""``--fix``: a diff that git takes, that changes nothing but what it says, in JSON and YAML."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from audit.patch import CannotPatch, patched
from audit.rule import Fix
from sandbox.cli import main
from sandbox.lint import fixing
from sandbox.lint.edits import edit
from sandbox.lint.reading import parse

TASK = """{
  "family": "web", "networkMode": "bridge",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "300",
  "memory": "600",
  "containerDefinitions": [{"name": "app", "image": "web:1"}]
}
"""
STACK = """
Resources:
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Port: 80   # the app's
  Service:
    Type: AWS::ECS::Service
    Properties:
      Cluster: prod
      CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]
      DesiredCount: 1
      DeploymentConfiguration: {MaximumPercent: 100, MinimumHealthyPercent: 50}
      LoadBalancers:
        - TargetGroupArn: !Ref Group
          ContainerName: web
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    return tmp_path


def _fix_and_apply(capsys: Any, *files: str, profile: str) -> str:
    main(["lint", *files, "--fix", f"--profile={profile}"])
    diff = capsys.readouterr().out
    subprocess.run(["git", "apply"], input=diff, text=True, check=True)
    return str(diff)


def test_a_json_file_keeps_everything_else(here: Path, capsys: Any) -> None:
    Path("task.json").write_text(TASK, encoding="utf-8")
    _fix_and_apply(capsys, "task.json", profile="validity")
    expected = (
        TASK.replace('"bridge"', '"awsvpc"').replace('"300"', '"512"').replace('"600"', '"1024"')
    )
    fixed = Path("task.json").read_text(encoding="utf-8")
    for line in expected.splitlines():
        assert line in fixed.splitlines()
    assert main(["lint", "task.json", "--profile=validity", "--fail-on=ERROR"]) in (0, 1)
    assert "VAL-01" not in capsys.readouterr().out


def test_a_template_keeps_comments_and_gets_cloudformations_names(here: Path, capsys: Any) -> None:
    Path("t.yaml").write_text(STACK, encoding="utf-8")
    _fix_and_apply(capsys, "t.yaml", profile="resilience")
    fixed = Path("t.yaml").read_text(encoding="utf-8")
    assert "Port: 80   # the app's" in fixed
    assert "{MaximumPercent: 200, " in fixed
    assert '"DeploymentCircuitBreaker": {"Enable": true, "Rollback": true}, ' in fixed
    assert "MinimumHealthyPercent: 50}" in fixed
    assert (
        'TargetGroupAttributes: [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]'
        in fixed
    )
    main(["lint", "t.yaml", "--profile=resilience"])
    out = capsys.readouterr().out
    assert "X-01" not in out
    assert "X-04" not in out


def test_nothing_mechanical_is_an_empty_diff(here: Path, capsys: Any) -> None:
    Path("task.json").write_text(TASK.replace("bridge", "default"), encoding="utf-8")
    assert main(["lint", "task.json", "--fix", "--rule=SEC-01"]) in (0, 1)
    assert capsys.readouterr().out == ""


def test_a_suppressed_finding_is_not_repaired(here: Path, capsys: Any) -> None:
    Path("task.json").write_text(TASK, encoding="utf-8")
    Path("s.yaml").write_text(
        "suppressions:\n  - {rule: VAL-*, reason: x, until: 2999-01-01}\n", encoding="utf-8"
    )
    main(["lint", "task.json", "--fix", "--profile=validity", "--suppressions=s.yaml"])
    assert capsys.readouterr().out == ""


_LEAF = st.integers(0, 9) | st.sampled_from(["x", "it's", "a: b", "- c", "", "true"])
_DOCUMENT = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        _LEAF,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1,
)
_PATH = st.lists(st.sampled_from(["a", "b", "c", "d", 0, 1]), min_size=1, max_size=3).map(tuple)


def _forms(document: Any) -> list[tuple[str, str]]:
    return [
        ("x.json", json.dumps(document)),
        ("x.json", json.dumps(document, indent=3)),
        ("x.yaml", yaml.safe_dump(document)),
        ("x.yaml", yaml.safe_dump(document, default_flow_style=True)),
    ]


@given(_DOCUMENT, _PATH, st.none() | st.integers(10, 20) | st.sampled_from(["new", "it's: -"]))
def test_an_edit_of_the_text_is_the_change_of_the_data(
    document: Any, path: Any, value: Any
) -> None:
    for name, written in _forms(document):
        text = parse(name, written)
        try:
            expected = patched(document, Fix(path, value))
            (start, end), replacement = edit(text, path, value)
        except CannotPatch:
            continue
        after = parse(name, written[:start] + replacement + written[end:])
        assert after.value == expected, written


def test_many_remedies_are_read_back_together(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    monkeypatch.setattr(fixing, "parse", lambda *given: reads.append(given[0]) or parse(*given))
    text = parse("task.json", json.dumps({"list": [{"name": n} for n in range(500)]}))
    wanted = [Fix(("list", n, "stopTimeout"), 60) for n in range(500)]

    new, count = fixing._apply(text, wanted)

    assert count == 500
    assert all(each["stopTimeout"] == 60 for each in new.value["list"])
    assert len(reads) == 1


def test_remedies_in_each_others_way_are_made_one_by_one() -> None:
    text = parse("task.json", '{"name": "app"}')
    wanted = [
        Fix(("linux", "init"), True),
        Fix(("linux", "swap"), 0),
        Fix(("name", "first"), 1),
        Fix(("stop",), 60),
    ]

    new, count = fixing._apply(text, wanted)

    assert count == 3, "a text has no fields"
    assert new.value == {"name": "app", "linux": {"init": True, "swap": 0}, "stop": 60}
