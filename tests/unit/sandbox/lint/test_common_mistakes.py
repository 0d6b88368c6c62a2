"""Definitions with mistakes that tutorials spread: the lint finds these, and no other of these families."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.catalogue import all_rules
from sandbox.cli import main
from sandbox.lint.audit_files import audit_files

_FOLDER = Path(__file__).with_name("mistakes")
_FAMILIES = ("VAL", "SDC", "HLT", "LIF", "LOG", "RES")
_ON_MISTAKES = [
    (
        # A log group that never expires, made with a role that may not; half a minute to stop.
        ("shop.json",),
        {"LIF-01 stopTimeout", "LOG-03 awslogs-create-group", "LOG-04 awslogs-create-group"},
    ),
    (
        # Fargate without its network mode and role; one image twice in one network; START is no readiness.
        ("gateway.json",),
        {
            "VAL-01 networkMode",
            "VAL-05 executionRoleArn",
            "SDC-02 image",
            "SDC-03 condition",
            "RES-03 memory",
            "HLT-01 healthCheck",
            "LIF-01 stopTimeout",
            "LIF-03 initProcessEnabled",
        },
    ),
    (
        # A host's folder and a Docker volume on Fargate, both in one; a tmpfs that is to be shared.
        ("files.json",),
        {
            "VAL-11 sourcePath",
            "VAL-12 dockerVolumeConfiguration",
            "VAL-13 dockerVolumeConfiguration",
            "VAL-13 sourceVolume",
            "SDC-06 containerPath",
            "HLT-01 healthCheck",
            "LIF-01 stopTimeout",
            "LIF-03 initProcessEnabled",
            "LIF-04 enabled",
            "LOG-01 logConfiguration",
            "LOG-02 logConfiguration",
        },
    ),
    (
        # Network mode host on Fargate; a port that no mapping moves; waiting for the exit of what must not
        # exit and for health that nobody checks; init on the task instead of the container.
        ("order.json",),
        {
            "VAL-01 networkMode",
            "VAL-03 hostPort",
            "VAL-04 links",
            "VAL-09 condition",
            "VAL-10 condition",
            "VAL-14 startPeriod",
            "VAL-15 stopTimeout",
            "VAL-20 initProcessEnabled",
            "SDC-01 portMappings[0]",
            "HLT-01 healthCheck",
            "HLT-03 healthCheck",
            "LIF-01 stopTimeout",
            "LIF-03 initProcessEnabled",
            "LOG-01 logConfiguration",
            "RES-03 memory",
        },
    ),
    (
        # A strategy beside a launch type; a port and a target type that do not fit; no grace period.
        ("shop.json", "service.json", "group.json"),
        {
            "VAL-16 containerPort",
            "VAL-16 TargetType",
            "VAL-21 launchType",
            "VAL-22 subnets",
            "HLT-04 healthCheckGracePeriodSeconds",
            "HLT-05 HttpCode",
            "LIF-05 deregistration_delay.timeout_seconds",
            "LIF-01 stopTimeout",
            "LOG-03 awslogs-create-group",
            "LOG-04 awslogs-create-group",
        },
    ),
]


def _last(field: str) -> str:
    attribute = field.removeprefix("Attributes.")
    return attribute if attribute != field else field.rpartition(".")[2]


@pytest.mark.parametrize(
    ("files", "mistakes"), _ON_MISTAKES, ids=[" ".join(files) for files, _ in _ON_MISTAKES]
)
def test_the_mistakes_are_found_and_nothing_else(
    files: tuple[str, ...], mistakes: set[str]
) -> None:
    report = audit_files([str(_FOLDER / name) for name in files], all_rules(), {}).report
    found = {
        f"{each.rule} {_last(each.field)}"
        for each in report.failures
        if each.rule.partition("-")[0] in _FAMILIES
    }
    assert found == mistakes


def test_what_is_no_json_is_refused_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(_FOLDER / "unfinished.json")]) == 3
    assert "unfinished.json:2:11 " in capsys.readouterr().out
