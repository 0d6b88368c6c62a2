"""Lets libraries import what no function uses when it is used, not when they are imported.

Every client of botocore brings the machinery that writes its help texts, slack_sdk brings the classes
of all its message blocks and asyncio, urllib3 what looks up versions of packages. None of it is needed to
send a request, and all of it is read and run in every cold start. The libraries do the same as before:
the same statements run, later (docs/decisions/0004-slim-artefact.md).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

# The modules whose imports wait, and what each of them imports.
DEFERRED: Mapping[str, frozenset[str]] = {
    "botocore/docs/__init__.py": frozenset({"ServiceDocumenter"}),
    "botocore/docs/docstring.py": frozenset(
        {
            "DocumentStructure",
            "document_model_driven_method",
            "document_paginate_method",
            "document_wait_method",
        }
    ),
    "slack_sdk/__init__.py": frozenset({"WebClient", "WebhookClient"}),
    "slack_sdk/web/__init__.py": frozenset({"WebClient"}),
    "slack_sdk/web/internal_utils.py": frozenset(
        {
            *("Attachment", "Block", "Chunk", "Future"),
            *("EntityMetadata", "EventAndEntityMetadata", "Metadata"),
        }
    ),
    "urllib3/http2/__init__.py": frozenset({"version"}),
}

type _Function = ast.FunctionDef | ast.AsyncFunctionDef


class ImportNotDeferred(ValueError):
    """A library does not import something in the way that this was written for."""


def defer(folder: Path, deferred: Mapping[str, frozenset[str]] = DEFERRED) -> None:
    """Rewrite the libraries in the folder in place; a missing file or import is an error."""
    for name, names in deferred.items():
        path = folder / name
        try:
            path.write_text(deferring(path.read_text(encoding="utf-8"), names), encoding="utf-8")
        except (OSError, ImportNotDeferred) as error:
            message = (
                f"{name}: {error}. Has a new version changed? Mend build_tools/deferred_imports.py"
            )
            raise ImportNotDeferred(message) from error


def deferring(source: str, names: frozenset[str]) -> str:
    """The module with the imports of ``names`` in the functions that use them.

    What no function uses is there for others to import: a module's ``__getattr__`` gives it (PEP 562).
    """
    module = ast.parse(source)
    imports = dict(found for statement in module.body for found in _imported(statement, names))
    if missing := sorted(names - set(imports)):
        raise ImportNotDeferred(f"{missing[0]} is not imported")
    module.body = [kept for statement in module.body if (kept := _without(statement, names))]
    functions = [node for statement in module.body for node in _outermost_functions(statement)]
    used = set[str]()
    for function in functions:
        found = sorted(_names(function.body) & names)
        used.update(found)
        _insert(function.body, [imports[name] for name in found])
    if early := sorted(_names(module.body, at_import=True) & names):
        raise ImportNotDeferred(f"{early[0]} is used when the module is imported")
    module.body += _given(imports, sorted(names - used))
    # Annotations name what is not imported any more.
    _insert(module.body, [ast.ImportFrom("__future__", [ast.alias("annotations")], 0)])
    return ast.unparse(ast.fix_missing_locations(module)) + "\n"


def _imported(statement: ast.stmt, names: frozenset[str]) -> Iterator[tuple[str, ast.ImportFrom]]:
    """The deferred names of a statement, each with an import of its own."""
    if isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            if (name := alias.asname or alias.name) in names:
                yield name, ast.ImportFrom(statement.module, [alias], statement.level)


def _without(statement: ast.stmt, names: frozenset[str]) -> ast.stmt | None:
    if not isinstance(statement, ast.ImportFrom):
        return statement
    rest = [alias for alias in statement.names if (alias.asname or alias.name) not in names]
    if not rest or statement.module == "__future__":
        return None
    return ast.ImportFrom(statement.module, rest, statement.level)


def _outermost_functions(node: ast.AST) -> Iterator[_Function]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _outermost_functions(child)


def _names(body: Iterable[ast.AST], *, at_import: bool = False) -> set[str]:
    """What the statements name; ``at_import``, only what runs when the module is imported."""
    found = set[str]()
    for node in body:
        if isinstance(node, ast.Name):
            found.add(node.id)
        children: Iterable[ast.AST] = ast.iter_child_nodes(node)
        if at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            children = [
                *node.decorator_list,
                *node.args.defaults,
                *filter(None, node.args.kw_defaults),
            ]
        found |= _names(children, at_import=at_import)
    return found


def _insert(body: list[ast.stmt], statements: Sequence[ast.stmt]) -> None:
    """Put the statements first, after a docstring."""
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body[is_text:is_text] = statements


def _given(imports: Mapping[str, ast.ImportFrom], names: Sequence[str]) -> list[ast.stmt]:
    if not names:
        return []
    lines = ["def __getattr__(name):"]
    for name in names:
        lines += [f"    if name == {name!r}:", f"        {ast.unparse(imports[name])}"]
        lines += [f"        return {name}"]
    lines += ["    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')"]
    return ast.parse("\n".join(lines)).body
