"""Size of what is uploaded: one zip for all functions, as ``sam deploy`` makes it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Result
from benchmarks.variants import RAW, USUAL_AS_SHIPPED, folder_of, usual_way
from build_tools.slim import size


def measure() -> Iterator[Result]:
    """Zipped, which is downloaded in a cold start, and unzipped, which Lambda limits."""
    ours = folder_of()
    rivals = {RAW: folder_of(raw=True), USUAL_AS_SHIPPED: usual_way("raw")}
    yield Result(
        "artefact.mb",
        zipped(ours) / 1e6,
        "MB zipped",
        None,
        {name: zipped(folder) / 1e6 for name, folder in rivals.items()},
    )
    yield Result(
        "artefact.unzipped_mb",
        size(ours) / 1e6,
        "MB",
        "<= 250",
        {name: size(folder) / 1e6 for name, folder in rivals.items()},
    )


def zipped(folder: Path) -> int:
    """Bytes of the folder's zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return target.tell()
