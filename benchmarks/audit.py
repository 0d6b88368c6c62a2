"""The audit of files against other linters, and of many task definitions in one process.

Every tool runs as a process in an environment of its own, on the same CloudFormation template.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.audit_template import template
from benchmarks.processes import Variant, run_once
from benchmarks.results import ROOT, Result
from build_tools import variant
from build_tools.slim import digest

_ROUNDS = 5
_SERVICES, _ONE = 50, 1
_DEFINITIONS = 10_000
# What an audit of an account keeps: findings, not what passed. In CPU time, whatever else runs here.
_AUDIT = """
import json, sys, time
sys.path[:0] = [{root!r}, {root!r} + "/functions"]
from audit.catalogue import all_rules
from audit.evaluation import findings
from audit.model.graph import Graph, Item
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry
from audit.rule import Outcome
text = open({root!r} + "/examples/audit/task-definition.json").read()
items = [Item(TaskDefinition, json.loads(text) | {{"revision": n}}) for n in range({count})]
told = (Outcome.FAIL, Outcome.UNKNOWN)
time.perf_counter = time.process_time
began = time.perf_counter()
kept = [Entry(each) for each in findings(Graph(items), all_rules()) if each.outcome in told]
"""


def measure() -> Iterator[Result]:
    """Start, speed against the others, many definitions."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _lint(Path(folder))
    one = run_once(Variant(_AUDIT.format(root=str(ROOT), count=1), ROOT, {}))
    many = run_once(Variant(_AUDIT.format(root=str(ROOT), count=_DEFINITIONS), ROOT, {}))
    seconds = (many.milliseconds - one.milliseconds) / 1000
    yield Result("audit.definitions_per_s", _DEFINITIONS / seconds, "definitions/s")
    yield Result("audit.memory_10000_mb", many.megabytes, "MB", None, {"one": one.megabytes})


def _lint(folder: Path) -> Iterator[Result]:
    ours = _ours()
    task = ROOT / "examples" / "audit" / "task-definition.json"
    yield _start([ours, "lint", str(task)])
    times = {count: _compare(ours, folder, count) for count in (_ONE, _SERVICES)}
    for name in ("checkov", "cfn_lint"):
        ratios = {
            count: [theirs / ours for theirs, ours in zip(each[name], each["ours"], strict=True)]
            for count, each in times.items()
        }
        wall, cpu = ratios[_SERVICES]
        rivals = {"in CPU time": cpu, "with one service": ratios[_ONE][0]}
        yield Result(f"audit.vs_{name}", wall, "x as fast", ">= 20", rivals)


def _start(command: Sequence[str]) -> Result:
    """CPU time from start to end: waiting for nothing, on a free core it takes as long."""
    bare = [str(Path(command[0]).with_name("python")), "-c", "pass"]
    runs = [(_run(command), _run(bare)) for _ in range(_ROUNDS * 2 + 2)][1:]
    cpu, wall = (statistics.median(each[0][index] for each in runs) for index in (1, 0))
    python = statistics.median(each[1][1] for each in runs)
    rivals = {"python itself": python * 1000, "with all else on this machine": wall * 1000}
    return Result("audit.lint_start_ms", cpu * 1000, "ms of CPU time", "<= 300", rivals)


def _compare(ours: str, folder: Path, services: int) -> dict[str, tuple[float, float]]:
    """Seconds on the clock and of CPU time, by tool."""
    file = folder / f"{services}.template.json"
    file.write_text(json.dumps(template(services)), encoding="utf-8")
    checkov = ["--framework", "cloudformation", "--compact", "--quiet", "--skip-download"]
    commands: dict[str, list[str]] = {
        "ours": [ours, "lint", str(file)],
        "checkov": [_rival("checkov"), "--file", str(file), *checkov],
        "cfn_lint": [_rival("cfn-lint"), str(file)],
    }
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(_ROUNDS + 1):
        for name, command in commands.items():
            took = _run(command)
            if number:  # the first round only fills the file cache
                seconds[name].append(took)
    return {
        name: (statistics.median(wall), statistics.median(cpu))
        for name, each in seconds.items()
        for wall, cpu in [zip(*each, strict=True)]
    }


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds on the clock and of CPU time."""
    # Bytecode is kept, as it is for whoever uses the tools.
    # And each finds what it was installed with, nothing of ours.
    ours = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}
    kept = {name: text for name, text in os.environ.items() if name not in ours}
    environment: dict[str, Any] = kept | {"LOG_LEVEL": "ERROR"}
    began, before = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began, _cpu_of_children() - before
    if done.returncode < 0 or "Traceback" in done.stderr:
        raise RuntimeError(f"{command[0]} failed\n{done.stderr}")
    return took


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ours() -> str:
    """Our command, installed as its users install it."""
    inputs = digest(
        ROOT, "pyproject.toml", "sandbox/**/*.py", "functions/**/*.py", "functions/**/*.json"
    )
    build = ["--no-build-isolation", str(ROOT), "PyYAML"]
    return _installed("ecs-ops", inputs, build)


def _rival(name: str) -> str:
    """Another tool, from its lock."""
    lock = f"requirements/{name}.txt"
    return _installed(name, digest(ROOT, lock), ["--require-hashes", "-r", str(ROOT / lock)])


def _installed(name: str, inputs: str, what: Sequence[str]) -> str:
    """The command of an environment of its own, with bytecode."""
    folder = variant.FOLDER / f"tool-{name}"
    uv = str(Path(sys.executable).with_name("uv"))
    with variant.locked(folder.name):
        stamp = folder / ".inputs"
        if not stamp.exists() or stamp.read_text() != inputs:
            subprocess.run(
                [uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True
            )
            install = ["pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder)]
            # The build backend of this environment builds our own package.
            environment = os.environ | {"PYTHONPATH": sysconfig.get_path("purelib")}
            subprocess.run([uv, *install, *what], check=True, env=environment)
            stamp.write_text(inputs)
    return str(folder / "bin" / name)
