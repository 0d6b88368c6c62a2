"""Bytecode that stays valid in Lambda.

SAM's zip dates every file 1980-01-01, so bytecode that is checked by time never validates and every
cold start compiles everything again. Bytecode that is checked by hash does validate, and stays
correct when somebody edits a file in the console.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TASK_ROOT = "/var/task"
_HASH_CHECKED = 0b11


def compile_all(folder: Path) -> None:
    """Compile every module of ``folder`` for the interpreter that runs this."""
    # A process of its own with a fixed hash seed: the bytes are the same every time.
    subprocess.run(
        [
            *(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash"),
            *("-s", str(folder), "-p", TASK_ROOT, str(folder)),
        ],
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )


def invalid(folder: Path) -> Iterator[str]:
    """What the runtime would have to compile again, and why."""
    for source in sorted(folder.rglob("*.py")):
        problem = _problem(source)
        if problem:
            yield f"{source.relative_to(folder)}: {problem}"


def _problem(source: Path) -> str | None:
    compiled = Path(importlib.util.cache_from_source(str(source), optimization=""))
    if not compiled.exists():
        return "no bytecode"
    head = compiled.read_bytes()[:16]
    if head[:4] != importlib.util.MAGIC_NUMBER:
        return "bytecode of another Python version"
    if int.from_bytes(head[4:8], "little") != _HASH_CHECKED:
        return "bytecode is not checked by hash"
    if head[8:16] != importlib.util.source_hash(source.read_bytes()):
        return "bytecode of another source"
    return None
