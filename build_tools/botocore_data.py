"""Slims botocore's data folder without changing what a client does.

What goes: services nobody makes a client of, superseded API versions, examples, the entries of other
services in the legacy endpoint list, and the documentation texts inside the models, which only
``help()`` shows. What stays is stored uncompressed: the zip compresses it anyway, and a cold start
need not (docs/decisions/0004-slim-artefact.md).
"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

_MODEL = "service-2.json"
# Read by botocore.docs and by code generators only.
_UNUSED = ("examples-1.json", "completions-1.json")


def slim(data: Path, used: set[str]) -> None:
    """Slim ``botocore/data`` in place to the services in ``used``."""
    missing = {service for service in used if not (data / service).is_dir()}
    if missing:
        raise ValueError(f"botocore has no service named {', '.join(sorted(missing))}")
    prefixes: set[str] = set()
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        if folder.name not in used:
            shutil.rmtree(folder)
            continue
        version = _keep_latest(folder)
        _rewrite(version)
        model = json.loads((version / _MODEL).read_text())
        prefixes.add(model["metadata"]["endpointPrefix"])
    _rewrite(data)
    _trim_endpoints(data / "endpoints.json", prefixes | used)


def without_documentation(node: Any) -> Any:
    """The model without its documentation texts; a member *named* documentation stays."""
    if isinstance(node, dict):
        return {
            # botocore reads the texts of a service's own client parameters (S3 has some).
            key: value if key == "clientContextParams" else without_documentation(value)
            for key, value in node.items()
            if key != "documentation" or not isinstance(value, str)
        }
    if isinstance(node, list):
        return [without_documentation(value) for value in node]
    return node


def _keep_latest(service: Path) -> Path:
    """Remove superseded API versions: botocore takes the latest one that has a model."""
    versions = sorted(path.parent for path in service.glob(f"*/{_MODEL}*"))
    for folder in [path for path in service.iterdir() if path.is_dir() and path != versions[-1]]:
        shutil.rmtree(folder)
    return versions[-1]


def _rewrite(folder: Path) -> None:
    """Every document of the folder: unpacked, without texts, in one line."""
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        name = path.name.removesuffix(".gz")
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if path.suffix not in (".gz", ".json"):
            continue
        path.unlink()
        if name not in _UNUSED:
            (folder / name).write_text(_compact(without_documentation(json.loads(content))))


def _trim_endpoints(path: Path, names: set[str]) -> None:
    document = json.loads(path.read_text())
    for partition in document["partitions"]:
        partition["services"] = {
            name: entry for name, entry in partition["services"].items() if name in names
        }
    path.write_text(_compact(document))


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
