"""The pre-commit hook and the GitHub action, run as they run there: installed from this repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from build_tools.sam import ROOT

GOOD = {
    "family": "web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "web:1", "stopTimeout": 60}],
}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.xdist_group("lint-in-ci")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a runner of GitHub sets, after the action's own step has installed the command."""
    temp = tmp_path_factory.mktemp("runner")
    variables = os.environ | {
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(temp / "output"),
        "GITHUB_STEP_SUMMARY": str(temp / "summary.md"),
        "PYTHON": sys.executable,
        # No package of this environment: the command runs with what was installed for it.
        "PYTHONPATH": "",
    }
    # PyYAML and the build backend are taken from here: tests need no package index.
    offline = {
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
    }
    _run_step("Install", variables | offline, temp)
    return variables | {"PYTHONPATH": _only_yaml(temp)}


def _only_yaml(folder: Path) -> str:
    """A folder with PyYAML in it, which pip found in place."""
    import yaml

    place = folder / "yaml-only"
    place.mkdir()
    (place / "yaml").symlink_to(Path(yaml.__file__).parent)
    return str(place)


def _step(name: str) -> dict[str, Any]:
    (step,) = [each for each in ACTION["runs"]["steps"] if each.get("name") == name]
    return dict(step)


def _run_step(
    name: str, variables: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _step(name)["run"]],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert name == "Audit" or done.returncode == 0, done.stderr
    return done


def _audit(runner: dict[str, str], folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    declared = {name: body.get("default", "") for name, body in ACTION["inputs"].items()}
    given = declared | {name.replace("_", "-"): value for name, value in inputs.items()}
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], text)
        for name, text in _step("Audit")["env"].items()
    }
    return _run_step("Audit", runner | variables, folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "infra" / "web").mkdir(parents=True)
    (tmp_path / "infra" / "web" / "task definition.json").write_text(json.dumps(GOOD))
    (tmp_path / "infra" / "bad.json").write_text(json.dumps(GOOD | {"networkMode": "host"}))
    return tmp_path


def test_the_action_fails_writes_sarif_and_a_summary(runner: dict[str, str], project: Path) -> None:
    done = _audit(runner, project, files="infra/**/*.json", profile="validity")
    assert done.returncode == 1
    assert "infra/bad.json:1:" in done.stdout
    (line,) = set(Path(runner["GITHUB_OUTPUT"]).read_text().splitlines())
    document = json.loads(Path(line.removeprefix("sarif=")).read_text())
    assert "VAL-01" in {each["ruleId"] for each in document["runs"][0]["results"]}
    assert "VAL-01" in Path(runner["GITHUB_STEP_SUMMARY"]).read_text()


def test_the_action_passes_and_takes_names_with_blanks(
    runner: dict[str, str], project: Path
) -> None:
    done = _audit(runner, project, files="infra/web/*.json\n", profile="validity", fail_on="ERROR")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_action_passes_options_on(runner: dict[str, str], project: Path) -> None:
    done = _audit(
        runner, project, files="infra/bad.json", options="--write-baseline b.json --verbose"
    )
    assert done.returncode == 0
    assert (project / "b.json").exists()


def test_the_action_says_that_nothing_matches(runner: dict[str, str], project: Path) -> None:
    done = _audit(runner, project, files="nowhere/*.json")
    assert (done.returncode, done.stderr) == (2, "no file matches: nowhere/*.json\n")


def test_inputs_of_the_action_run_no_commands(runner: dict[str, str], project: Path) -> None:
    _audit(runner, project, files="$(touch owned)\n`touch owned`", options="; touch owned")
    assert not (project / "owned").exists()
    assert "${{" not in _step("Audit")["run"]


def test_the_hook_works_on_what_pre_commit_installs(runner: dict[str, str], project: Path) -> None:
    command, *arguments = HOOK["entry"].split()
    installed = Path(runner["RUNNER_TEMP"], "ecs-ops", "bin", command)
    files = ["infra/bad.json", "infra/web/task definition.json"]
    done = subprocess.run(
        [installed, *arguments, *files],
        cwd=project,
        env=runner,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "VAL-01" in done.stdout
    assert HOOK["additional_dependencies"] == ["PyYAML"]


@pytest.mark.parametrize(
    ("file", "matches"),
    [
        ("taskdef.json", True),
        (".aws/task-definition.json", True),
        ("deploy/ecs-task-definition.json", True),
        ("ecs-service-def.yaml", True),
        ("cdk.out/Web.template.json", True),
        ("package.json", False),
        ("ecs.py", False),
    ],
)
def test_the_hook_sees_the_usual_names(file: str, matches: bool) -> None:
    assert bool(re.search(HOOK["files"], file)) is matches
