"""``ecs-ops lint``: what it prints, and what its exit code says."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from build_tools.sam import ROOT
from sandbox.cli import main
from sandbox.cli.lint_options import FORMATS

GOOD = {
    "family": "web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "web:1",
            "stopTimeout": 60,
            "logConfiguration": {"logDriver": "splunk"},
        }
    ],
}


@pytest.fixture
def lint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(files: dict[str, Any], *options: str) -> tuple[int, str]:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content, indent=2)
            Path(name).write_text(text, encoding="utf-8")
        code = main(["lint", *files, *options])
        return code, capsys.readouterr().out

    return run


def test_a_finding_names_file_line_and_column(lint: Any) -> None:
    code, out = lint({"task.json": GOOD | {"networkMode": "bridge"}}, "--profile", "validity")
    assert code == 1
    assert "task.json:3:3 web: networkMode is bridge" in out
    assert 'fix: set "networkMode": "awsvpc"' in out


def test_nothing_bad_enough_is_0(lint: Any) -> None:
    code, out = lint({"task.json": GOOD}, "--profile", "validity")
    assert code == 0
    assert out.startswith("1 task definition: checks: ")
    low = {"task.json": GOOD | {"containerDefinitions": [{"name": "app", "image": "web:1"}]}}
    assert lint(low, "--profile", "resilience", "--fail-on", "ERROR")[0] == 0
    assert lint(low, "--profile", "resilience", "--fail-on", "LOW")[0] == 1


def test_a_parameter_that_no_template_has_is_refused(lint: Any, capsys: Any) -> None:
    stack = {
        "Parameters": {"Image": {"Type": "String"}, "Stage": {"Type": "String"}},
        "Resources": {"Cluster": {"Type": "AWS::ECS::Cluster"}},
    }
    files = {"stack.json": stack}
    assert lint(files, "--parameter=Image=web:1", "--fail-on=ERROR")[0] == 0
    assert main(["lint", "stack.json", "--parameter=Imgae=web:1"]) == 2
    assert "--parameter Imgae: the templates have Image, Stage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "task.json:1:1 the file is empty"),
        ('{\n "a": [1}', "task.json:2:9 a comma or a closing bracket is missing"),
        ('{"a": 1}', "task.json:1:1 no task definition, service, scaling policy or template"),
    ],
)
def test_a_file_that_cannot_be_audited_is_3_and_one_line(
    lint: Any, content: str, says: str
) -> None:
    code, out = lint({"task.json": content})
    assert code == 3
    assert says in out


def test_other_files_may_be_left_out(lint: Any) -> None:
    code, out = lint(
        {"package.json": {"name": "x"}, "task.json": GOOD}, "--other-files", "--profile=validity"
    )
    assert code == 0
    assert out.startswith("1 task definition: ")


def test_another_tools_template_is_another_file(lint: Any) -> None:
    helm = "metadata:\n  name: {{ .Values.name }}\n{{- if .Values.on }}\n"
    files = {"helm.yaml": helm, "task.json": GOOD}
    assert lint(files, "--profile=validity")[0] == 3
    assert lint(files, "--profile=validity", "--other-files")[0] == 0
    broken = {"task.json": '{"containerDefinitions": [}'}
    assert lint(broken, "--profile=validity", "--other-files")[0] == 3


def test_a_name_neither_steers_the_terminal_nor_begins_a_line(lint: Any) -> None:
    name = "x\n::error file=a.json::fake\u001b]0;title\u0007\u009b31m\u2028"
    hostile = GOOD | {"family": name, "networkMode": name}
    _, out = lint({"task.json": hostile}, "--verbose")
    assert "\\n::error file=a.json" in out
    assert not [line for line in out.splitlines() if line.startswith("::")]
    assert not set(out) & set("\x1b\x07\x9b\u2028")


def test_a_missing_file_is_3(lint: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(tmp_path / "nowhere.json"), str(tmp_path)]) == 3
    out = capsys.readouterr().out
    assert "nowhere.json:1:1 cannot be read: No such file or directory" in out
    assert "cannot be read: Is a directory" in out


def test_comments_and_trailing_commas_are_found_and_read_over(lint: Any) -> None:
    text = json.dumps(GOOD | {"networkMode": "host"}, indent=2).replace('"512",', '"512", // half')
    code, out = lint({"task.json": text}, "--profile=validity")
    assert code == 1
    assert "task.json:8:20 JSON has no comments" in out
    assert "networkMode is host" in out


def test_too_much_that_nobody_can_decide_is_6(lint: Any) -> None:
    unknown = {"task.json": GOOD | {"networkMode": "{{ mode }}"}}
    assert lint(unknown, "--profile=validity")[0] == 0
    assert lint(unknown, "--profile=validity", "--max-unknown=0")[0] == 6


def test_several_files_make_one_graph(lint: Any) -> None:
    service = {
        "serviceName": "web",
        "taskDefinition": "web",
        "desiredCount": 1,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:r:1:targetgroup/web/1"}],
    }
    group = {"TargetGroups": [{"TargetGroupName": "web", "Attributes": []}]}
    _, out = lint(
        {"task.json": GOOD, "service.json": service, "group.json": group}, "--format=json"
    )
    checks = json.loads(out)["checks"]
    (found,) = [each for each in checks if each["rule"] == "X-01"]
    assert found["outcome"] == "FAIL"
    assert found["resource"] == "web"
    assert found["location"]["file"] == "group.json"


def test_a_parameter_stands_in_for_its_default(lint: Any) -> None:
    template = """
Parameters: {Mode: {Type: String}}
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      NetworkMode: !Ref Mode
      RequiresCompatibilities: [FARGATE]
      Cpu: 256
      Memory: 512
      ContainerDefinitions: [{Name: app, Image: "web:1"}]
"""
    files = {"template.yaml": template}
    assert lint(files, "--profile=validity", "--parameter", "Mode=host")[0] == 1
    assert (
        lint(files, "--profile=validity", "--parameter", "Mode=awsvpc", "--fail-on=ERROR")[0] == 0
    )


def test_a_parameter_without_a_value_is_refused(
    lint: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "task.json", "--parameter", "Mode"]) == 2
    assert "--parameter Mode: write it as NAME=VALUE" in capsys.readouterr().err


def test_standard_input_and_odd_characters() -> None:
    [container] = GOOD["containerDefinitions"]
    odd = container | {"environment": [{"name": "ODD", "value": "\ud800"}]}
    text = json.dumps(GOOD | {"containerDefinitions": [odd]})
    done = subprocess.run(
        [Path(sys.executable).with_name("ecs-ops"), "lint", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_reports_in_other_formats_go_to_files(lint: Any) -> None:
    lint({"task.json": GOOD}, "--report", "sarif=a.sarif", "--report", "junit=a.xml")
    assert json.loads(Path("a.sarif").read_text())["version"] == "2.1.0"
    assert Path("a.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize("report", ["sarif", "pdf=a.pdf", "=a", "sarif=nowhere/a.sarif"])
def test_a_report_that_cannot_be_written_is_refused_in_a_line(
    lint: Any, report: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("task.json").write_text(json.dumps(GOOD), encoding="utf-8")
    assert main(["lint", "task.json", "--report", report]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_typed_wrongly_is_told_apart_from_findings(
    lint: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    task = {"task.json": GOOD}
    Path("s.yaml").write_text("suppressions: 5\n", encoding="utf-8")
    for options in (
        ["--rule", "NONE-*"],
        ["--report", "pdf=x"],
        ["--parameter", "Stage"],
        ["--baseline", "nowhere.json"],
        ["--suppressions", "s.yaml"],
    ):
        assert lint(task, *options)[0] == 2, options
    assert main(["lint", "task.json", "--profile", "validity", "--fail-on", "high"]) == 0
    capsys.readouterr()
    assert main(["lint", "nowhere.json"]) == 3
    assert "fix: name files that exist" in capsys.readouterr().out


def test_it_needs_nothing_but_yaml(tmp_path: Path) -> None:
    """As a hook or an action installs it: no AWS library, nothing of the development environment."""
    (tmp_path / "task.yaml").write_text(json.dumps(GOOD), encoding="utf-8")
    others = ("botocore", "boto3", "msgspec", "rich", "jsonschema", "moto", "aws_lambda_powertools")
    reports = [word for name in FORMATS for word in ("--report", f"{name}=report.{name}")]
    arguments = ["lint", "task.yaml", "--profile", "validity", *reports]
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({others!r}))\n"
        "from sandbox.cli import main\n"
        f"sys.exit(main({arguments!r}) or main({arguments!r} + ['--fix']))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "functions")))}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "0 findings, 0 mechanical changes\n")


def test_a_process_that_goes_on_after_it_collects_its_garbage_as_before(lint: Any) -> None:
    lint({"task.json": GOOD})
    assert gc.isenabled()
