"""What published texts on ECS show as good practice, held against the rules: their own snippets."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.report.entry import Entry
from audit.rule import Outcome
from sandbox.lint.audit_files import audit_files
from tests.unit.ecsops.events.sample_events import ROOT

FOLDER = ROOT.parent / "shared" / "seeds"

if not FOLDER.is_dir():
    pytest.skip("no texts beside the repository (../shared/seeds)", allow_module_level=True)

PRODUCTION, BASICS, SIDECARS = (
    path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("00*_*.txt"))
)
# The families in which the texts must give these findings and no others.
EXACT = ("VAL-", "SDC-", "HLT-", "LIF-", "LOG-", "RES-", "DOC-")
# The numbers are strings on a command line; the API wants them as what they are.
_OPTIONS = {
    "cluster-name": "clusterName",
    "capacity-providers": "capacityProviders",
    "default-capacity-provider-strategy": "defaultCapacityProviderStrategy",
    "settings": "settings",
    "cluster": "cluster",
    "service-name": "serviceName",
    "task-definition": "taskDefinition",
    "desired-count": "desiredCount",
    "launch-type": "launchType",
    "platform-version": "platformVersion",
    "network-configuration": "networkConfiguration",
    "load-balancers": "loadBalancers",
    "health-check-grace-period-seconds": "healthCheckGracePeriodSeconds",
    "deployment-configuration": "deploymentConfiguration",
    "enable-execute-command": "enableExecuteCommand",
    "tags": "tags",
    "service-namespace": "ServiceNamespace",
    "resource-id": "ResourceId",
    "scalable-dimension": "ScalableDimension",
    "min-capacity": "MinCapacity",
    "max-capacity": "MaxCapacity",
    "policy-name": "PolicyName",
    "policy-type": "PolicyType",
    "target-tracking-scaling-policy-configuration": "TargetTrackingScalingPolicyConfiguration",
}
_LISTS = {
    "capacityProviders",
    "defaultCapacityProviderStrategy",
    "settings",
    "loadBalancers",
    "tags",
}


def _snippet(text: str) -> str:
    found = re.search(r"^\{\n.*?^\}\n", text, re.DOTALL | re.MULTILINE)
    assert found
    return found[0]


def _commands(text: str, verb: str) -> list[dict[str, Any]]:
    """The input that every ``aws ... verb`` of the text sends."""
    joined = text.replace("\\\n", " ")
    found = re.findall(rf"^aws [\w-]+ {verb} (.*?)(?=^\S|^ ?$)", joined, re.DOTALL | re.MULTILINE)
    return [_input(shlex.split(each)) for each in found]


def _input(words: list[str]) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = _OPTIONS[word.removeprefix("--")]
            given[name] = []
        else:
            given[name].append(word)
    return {name: _value(name, values) for name, values in given.items()}


def _value(name: str, values: list[str]) -> Any:
    if not values:
        return True
    parsed = [_shorthand(value) for value in values]
    return parsed if name in _LISTS else parsed[0]


def _shorthand(text: str) -> Any:
    """The command line's shorthand: ``a=1,b={c=[x,y]}``."""
    if text.startswith("{"):
        return json.loads(text)
    if "=" not in text:
        return int(text) if text.isdecimal() else text
    as_json = re.sub(r"([\w-]+)=", r'"\1":', text)
    as_json = re.sub(r'(?<=[:\[,])(?!["{\[])([^,{}\[\]]+)(?=[,}\]]|$)', _quoted, as_json)
    return json.loads("{" + as_json + "}")


def _quoted(match: re.Match[str]) -> str:
    word = match[1]
    return word if word.isdecimal() or word in ("true", "false") else json.dumps(word)


def _audit(folder: Path, **documents: Any) -> tuple[Entry, ...]:
    files = []
    for name, document in documents.items():
        file = folder / f"{name}.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        files.append(str(file))
    return audit_files(files, all_rules(), {}).report.entries


def _failing(entries: tuple[Entry, ...]) -> set[str]:
    return {each.rule for each in entries if each.outcome is Outcome.FAIL}


def _exact(failing: set[str], *families: str) -> set[str]:
    return {rule for rule in failing if rule.startswith(families or EXACT)}


def test_the_production_task_definition_is_valid_but_not_hardened(tmp_path: Path) -> None:
    failing = _failing(_audit(tmp_path, task=_snippet(PRODUCTION)))
    assert _exact(failing) == {"LIF-01", "LOG-03", "LOG-04"}
    assert failing >= {"SEC-03", "SEC-04", "TAG-01"}


def test_the_production_service_contradicts_its_cluster_and_its_policies(tmp_path: Path) -> None:
    """W18, W19, W38: a launch type beside a Spot strategy, a foreign target group, Exec in production."""
    documents = {
        "task": _snippet(PRODUCTION),
        "cluster": _commands(PRODUCTION, "create-cluster")[0],
        "service": _commands(PRODUCTION, "create-service")[0],
        "target": _commands(PRODUCTION, "register-scalable-target")[0],
        "policies": _commands(PRODUCTION, "put-scaling-policy"),
    }
    assert len(documents["policies"]) == 2
    failing = _failing(_audit(tmp_path, **documents))
    assert _exact(failing) == {"LIF-01", "LOG-03", "LOG-04"}
    assert failing >= {"X-05", "X-06", "TAG-02", "SEC-12"}
    assert "X-08" not in failing

    hardened = json.loads(documents["task"])
    hardened["containerDefinitions"][0]["readonlyRootFilesystem"] = True
    assert "X-08" in _failing(_audit(tmp_path, **documents | {"task": hardened}))


def test_the_sidecar_task_definition_would_be_refused(tmp_path: Path) -> None:
    """W4, W5, W9, W11: no network mode, no execution role, START where health is meant, one image twice."""
    failing = _failing(_audit(tmp_path, task=_snippet(SIDECARS)))
    assert _exact(failing, "VAL-", "SDC-") == {"VAL-01", "VAL-05", "SDC-02", "SDC-03"}
    assert failing >= {"DOC-02", "SEC-11"}


def test_the_shared_volume_is_none_on_fargate(tmp_path: Path) -> None:
    """W1, W2: a Docker volume on Fargate, and two kinds of volume at once."""
    found = re.search(r'^"volumes": (\[\n.*?^\])', SIDECARS, re.DOTALL | re.MULTILINE)
    assert found
    task = json.loads(re.sub(r"//.*", "", _snippet(SIDECARS)))
    task["volumes"] = json.loads(re.sub(r"//.*", "", found[1]))
    task |= {"networkMode": "awsvpc", "executionRoleArn": "arn:aws:iam::111122223333:role/web"}
    failing = _failing(_audit(tmp_path, task=task))
    assert _exact(failing, "VAL-") == {"VAL-11", "VAL-12", "VAL-13"}


def test_the_basic_example_is_no_json_and_the_line_is_named(tmp_path: Path) -> None:
    """W17: braces are missing."""
    start = BASICS.index("// This is not an exhaustive list")
    (entry,) = _audit(tmp_path, task=BASICS[start : BASICS.index("Enter fullscreen", start)])
    assert entry.rule == "DOC-01"
    assert entry.location
    assert entry.location.line == 2
