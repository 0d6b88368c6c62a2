"""Slims what ``sam build`` leaves: only what no function can need goes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from build_tools import botocore_data, bytecode

# Installers' book-keeping; METADATA, entry points and licences stay.
_BOOKKEEPING = ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "top_level.txt")
# For type checkers and for whoever builds the package.
_NEVER_IMPORTED = ("*.pyi", "py.typed", "*.pyc")


def slim(folder: Path, used: set[str]) -> None:
    """Slim one function's folder in place and compile it; ``used`` are AWS services."""
    for path in _superfluous(folder):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    botocore_data.slim(folder / "botocore" / "data", used)
    bytecode.compile_all(folder)
    problems = list(bytecode.invalid(folder))
    if problems:
        raise RuntimeError("the artefact is not fully compiled:\n  " + "\n  ".join(problems))


def size(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def digest(folder: Path, *patterns: str) -> str:
    """A hash of names and contents of the files below that match (all of them by default)."""
    found = {path for pattern in patterns or ("**/*",) for path in folder.glob(pattern)}
    total = hashlib.sha256()
    for path in sorted(path for path in found if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _superfluous(folder: Path) -> Iterator[Path]:
    for info in folder.glob("*.dist-info"):
        yield from (info / name for name in _BOOKKEEPING)
    yield from folder.glob("*.data")  # scripts of packages
    yield folder / "requirements.txt"
    for pattern in _NEVER_IMPORTED:
        yield from sorted(folder.rglob(pattern))
