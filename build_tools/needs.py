"""Which AWS services and operations the functions use, read from their source.

Two conventions of the code make that possible, and tests keep them: a client is made by
``client("service")``, and whatever holds a client is named after its service (``self.ecs``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
from botocore import xform_name


def services(source: Path) -> set[str]:
    """The services for which a module under ``source`` makes a client."""
    calls = (node for tree in _trees(source) for node in ast.walk(tree))
    return {
        argument.value
        for node in calls
        if isinstance(node, ast.Call) and _name(node.func) == "client"
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def operations(source: Path, used: set[str] | None = None) -> set[tuple[str, str]]:
    """(service, operation) of every call, paginator and waiter under ``source``."""
    methods = _methods(services(source) if used is None else used)
    found = set()
    for holder, method in _client_calls(source):
        # No Python name has a hyphen in it, some services have.
        for service in (holder, holder.replace("_", "-")):
            operation = methods.get(service, {}).get(method)
            if operation is not None:
                found.add((service, operation))
    return found


def reached(source: Path, module: str) -> set[Path]:
    """The files under ``source`` that a module imports, by whatever way, itself included."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = source.joinpath(*waiting.pop().split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if path.exists() and path not in found:
            found.add(path)
            waiting += _imported(path)
    return found


def calls_of(source: Path, module: str) -> set[tuple[str, str]]:
    """(service, operation) of every call that a handler's module can come to make."""
    files = reached(source, module)
    used = set().union(*(services(path) for path in files))
    return set().union(*(operations(path, used) for path in files))


def unattributed(source: Path) -> set[str]:
    """Calls that look like an AWS operation on an object that is not named after its service.

    One-word operations (``publish``) are ordinary words, so only longer ones are suspicious.
    """
    methods = _methods(services(source))
    names = {name for of_service in methods.values() for name in of_service if "_" in name}
    return {
        f"{holder}.{method}"
        for holder, method in _client_calls(source)
        if method in names
        and method not in methods.get(holder, {})
        and method not in methods.get(holder.replace("_", "-"), {})
    }


def _methods(used: set[str]) -> dict[str, dict[str, str]]:
    session = botocore.session.Session()
    return {
        service: {
            xform_name(operation): operation
            for operation in session.get_service_model(service).operation_names
        }
        for service in used
    }


def _client_calls(source: Path) -> Iterator[tuple[str, str]]:
    """(holder, method) of every method call; what is paginated counts as called."""
    for tree in _trees(source):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            holder, method = _name(node.func.value), node.func.attr
            if method in ("get_paginator", "get_waiter") and node.args:
                method = str(getattr(node.args[0], "value", method))
            if holder is not None:
                yield holder, method


def _name(node: ast.expr) -> str | None:
    """``ecs`` of ``ecs``, of ``self.ecs`` and of ``client("ecs")``."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lstrip("_")
        case ast.Call(func=ast.Name(id="client"), args=[ast.Constant(value=str(service))]):
            return service
    return None


def _imported(path: Path) -> Iterator[str]:
    """Names of modules that a file imports; a name of something in a module is no module."""
    for tree in _trees(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{name.name}" for name in node.names)


def _trees(source: Path) -> Iterator[ast.Module]:
    """The modules below a folder, or the one in a file."""
    for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
        yield ast.parse(path.read_text(), str(path))
