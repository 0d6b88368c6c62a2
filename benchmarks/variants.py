"""What is compared: the artefact, the same code as ``sam build`` leaves it, and the usual way."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import Variant
from benchmarks.results import ROOT
from build_tools import bytecode, template, variant
from build_tools.build import function_folders
from build_tools.slim import digest

REFERENCE, OURS = "import boto3 and one client", "as built"
RAW = "our code, raw sam build"
USUAL, USUAL_AS_SHIPPED = "usual way, compiled", "usual way, as sam build ships it"
RIVALS = Path(__file__).parent / "rivals"


def variants(function: template.Function) -> dict[str, Variant]:
    """All ways to start a function, and what they are measured against."""
    usual = f"import usual_{function.name}"
    found = {
        REFERENCE: reference(function),
        OURS: _variant(f"import {function.module}", folder_of(function.logical_id), function),
        RAW: _variant(
            f"import {function.module}", folder_of(function.logical_id, raw=True), function
        ),
    }
    if (RIVALS / f"usual_{function.name}.py").exists():
        found[USUAL] = _variant(usual, usual_way("compiled"), function)
        found[USUAL_AS_SHIPPED] = _variant(usual, usual_way("raw"), function)
    return found


def reference(function: template.Function) -> Variant:
    """What every start is measured against."""
    return _variant('import boto3; boto3.client("ecs")', usual_way("compiled"), function)


@functools.cache
def folder_of(logical_id: str | None = None, *, raw: bool = False) -> Path:
    """A function's folder in the build for this machine; they are all the same."""
    build = variant.ensure(raw=raw)
    return build / logical_id if logical_id else function_folders(build)[0]


@functools.cache
def usual_way(kind: str) -> Path:
    """The rivals with what they bundle, ``raw`` or ``compiled``; installed once from the lock."""
    lock = ROOT / "requirements" / "usual.txt"
    inputs = digest(ROOT, "requirements/usual.txt", "benchmarks/rivals/*.py")
    folder = variant.FOLDER / "usual"
    with variant.locked("usual"):
        stamp = folder / ".inputs"
        if not stamp.exists() or stamp.read_text() != inputs:
            shutil.rmtree(folder, ignore_errors=True)
            _install(lock, folder / "raw")
            for source in RIVALS.glob("usual_*.py"):
                shutil.copy(source, folder / "raw")
            shutil.copytree(folder / "raw", folder / "compiled")
            bytecode.compile_all(folder / "compiled")
            stamp.write_text(inputs)
    return folder / kind


def _install(lock: Path, folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    arguments = ["pip", "install", "--quiet", "--require-hashes", "--target", str(folder)]
    subprocess.run(
        [str(uv), *arguments, "--python", sys.executable, "-r", str(lock)],
        check=True,
        env=os.environ,
    )


def _variant(statement: str, folder: Path, function: template.Function) -> Variant:
    environment: Mapping[str, str] = function.environment
    return Variant(statement, folder, environment)
