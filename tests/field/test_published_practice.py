"""Practice texts collected in the field, where there are any beside the repository: what they must give."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from audit.catalogue import all_rules
from sandbox.cli import main
from sandbox.lint.audit_files import audit_files
from tests.unit.ecsops.events.sample_events import ROOT

FOLDER = ROOT.parent / "shared" / "seeds"
FOUND = sorted(FOLDER.glob("*.txt"))

if len(FOUND) != 3:
    pytest.skip(
        "no practice texts beside the repository (../shared/seeds)", allow_module_level=True
    )

GUIDE, BASICS, SIDECARS = (path.read_text(encoding="utf-8") for path in FOUND)
_CHECKED = ("VAL", "SDC", "HLT", "LIF", "LOG", "RES")


def _failing(files: dict[str, Any], tmp_path: Path) -> set[str]:
    names = []
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
        names.append(str(tmp_path / name))
    return {each.rule for each in audit_files(names, all_rules(), {}).report.failures}


def _of(families: tuple[str, ...], rules: set[str]) -> set[str]:
    return {rule for rule in rules if rule.partition("-")[0] in families}


def _object(text: str, begin: str) -> str:
    """The object that begins there, up to the brace that closes it at the start of a line."""
    start = text.index(begin)
    return text[start : text.index("\n}\n", start) + 2]


def _options(text: str, command: str) -> dict[str, list[str]]:
    """The options of a command line of the AWS CLI."""
    line = text[text.index(command) :].replace("\\\n", " ").partition("\n")[0]
    found: dict[str, list[str]] = {}
    name = ""
    for word in shlex.split(line.removeprefix(command)):
        if word.startswith("--"):
            name = word[2:]
            found[name] = []
        else:
            found[name].append(word)
    return found


def _shorthand(text: str) -> Any:
    """``a=1,b=[x,y],c={d=e}`` of the AWS CLI."""
    written = re.sub(r"([\w:/.-]+)", r'"\1"', text).replace("=", ":")
    value = json.loads("{" + written + "}")
    return json.loads(json.dumps(value).replace('"true"', "true").replace('"false"', "false"))


def _service() -> dict[str, Any]:
    given = _options(GUIDE, "aws ecs create-service")
    balancer = _shorthand(given["load-balancers"][0])
    deployment = _shorthand(given["deployment-configuration"][0])
    return {
        "cluster": given["cluster"][0],
        "serviceName": given["service-name"][0],
        "taskDefinition": given["task-definition"][0].partition(":")[0],
        "desiredCount": int(given["desired-count"][0]),
        "launchType": given["launch-type"][0],
        "platformVersion": given["platform-version"][0],
        "networkConfiguration": _shorthand(given["network-configuration"][0]),
        "loadBalancers": [balancer | {"containerPort": int(balancer["containerPort"])}],
        "healthCheckGracePeriodSeconds": int(given["health-check-grace-period-seconds"][0]),
        "deploymentConfiguration": deployment
        | {key: int(value) for key, value in deployment.items() if isinstance(value, str)},
        "enableExecuteCommand": "enable-execute-command" in given,
        "tags": [_shorthand(tag) for tag in given["tags"]],
    }


def _cluster() -> dict[str, Any]:
    given = _options(GUIDE, "aws ecs create-cluster")
    strategy = [_shorthand(each) for each in given["default-capacity-provider-strategy"]]
    return {
        "clusterName": given["cluster-name"][0],
        "capacityProviders": given["capacity-providers"],
        "defaultCapacityProviderStrategy": [
            each | {key: int(each[key]) for key in ("weight", "base") if key in each}
            for each in strategy
        ],
        "settings": [_shorthand(each) for each in given["settings"]],
        "tags": [_shorthand(tag) for tag in given["tags"]],
    }


def _scaling() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    given = _options(GUIDE, "aws application-autoscaling register-scalable-target")
    common = {
        "ServiceNamespace": "ecs",
        "ResourceId": given["resource-id"][0],
        "ScalableDimension": given["scalable-dimension"][0],
    }
    bounds = {
        "MinCapacity": int(given["min-capacity"][0]),
        "MaxCapacity": int(given["max-capacity"][0]),
    }
    policies = re.findall(
        r"--policy-name (\S+).*?configuration '(\{.*?\n  \})'", GUIDE, flags=re.DOTALL
    )
    return common | bounds, [
        common
        | {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": json.loads(text),
        }
        for name, text in policies
    ]


GUIDE_TASK = _object(GUIDE, '{\n  "family": "web-api"')
SIDECAR_TASK = _object(SIDECARS, '{\n  "family": "my-app-with-sidecar"')


def test_the_production_guides_task_definition(tmp_path: Path) -> None:
    failing = _failing({"task.json": GUIDE_TASK}, tmp_path)
    assert _of(_CHECKED, failing) == {"LIF-01", "LOG-03", "LOG-04"}
    assert {"SEC-03", "SEC-04", "TAG-01"} <= failing


def test_the_production_guides_service_cluster_and_policies(tmp_path: Path) -> None:
    target, policies = _scaling()
    assert len(policies) == 2
    files = {
        "task.json": GUIDE_TASK,
        "service.json": _service(),
        "cluster.json": _cluster(),
        "target.json": target,
        "policies.json": {"ScalingPolicies": policies},
    }
    failing = _failing(files, tmp_path)
    assert {"X-05", "X-06", "TAG-02", "SEC-12"} <= failing
    assert _of(_CHECKED, failing) == {"LIF-01", "LOG-03", "LOG-04"}
    assert "X-08" not in failing

    hardened = json.loads(GUIDE_TASK)
    hardened["containerDefinitions"][0]["readonlyRootFilesystem"] = True
    assert "X-08" in _failing(files | {"task.json": hardened}, tmp_path)


def test_the_basics_are_no_json_and_the_line_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = BASICS.index("// This is not an exhaustive list")
    (tmp_path / "task.json").write_text(BASICS[start : BASICS.index("Enter fullscreen", start)])
    assert main(["lint", str(tmp_path / "task.json")]) == 3
    assert re.search(r"task\.json:2:\d+ ", capsys.readouterr().out)


def test_the_sidecars_task_definition(tmp_path: Path) -> None:
    failing = _failing({"task.json": SIDECAR_TASK}, tmp_path)
    assert _of(("VAL", "SDC"), failing) == {"VAL-01", "VAL-05", "SDC-02", "SDC-03"}
    assert "SEC-11" in failing


def test_the_sidecars_volume(tmp_path: Path) -> None:
    start = SIDECARS.index('"volumes": [\n')
    fragment = SIDECARS[start : SIDECARS.index("\n]\n", start) + 2]
    mount = '"mountPoints": [{"sourceVolume": "shared-logs", "containerPath": "/var/log/app"}]'
    task = (
        '{"family": "x", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",'
        f'"memory": "512", "containerDefinitions": [{{"name": "x", "image": "x:1", {mount}}}],\n'
        f"{fragment}}}"
    )
    failing = _failing({"task.json": task}, tmp_path)
    assert _of(("VAL",), failing) == {"VAL-11", "VAL-12", "VAL-13"}
