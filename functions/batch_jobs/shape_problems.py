"""Everything that is wrong with the shape of a spec: msgspec itself stops at the first thing."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from batch_jobs.spec_problem import Problem, shape_problem


def problems_in(document: object, kind: Any) -> tuple[Problem, ...]:
    """The problems of each field by itself, in the order of the document."""
    return tuple(_problems(document, kind, "$"))


def _problems(value: object, kind: Any, path: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = list(_of_parts(value, kind, path))
        yield from found or [shape_problem(error, path)]


def _of_parts(value: object, kind: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        struct = next((one for one in _kinds(kind) if _is_struct(one)), None)
        if struct is not None:
            yield from _of_fields(value, struct, path)
    elif isinstance(value, list):
        row = next((one for one in _kinds(kind) if get_origin(one) is tuple), None)
        if row is not None:
            for number, item in enumerate(value):
                yield from _problems(item, get_args(row)[0], f"{path}[{number}]")


def _of_fields(value: dict[Any, Any], struct: Any, path: str) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name, inner in value.items():
        if name in fields:
            yield from _problems(inner, fields[name].type, f"{path}.{name}")
            continue
        try:
            msgspec.convert({name: inner}, _NoFields)
        except msgspec.ValidationError as error:
            yield shape_problem(error, path)
    for name, field in fields.items():
        if field.required and name not in value:
            missing = msgspec.ValidationError(f"Object missing required field `{name}`")
            yield shape_problem(missing, path)


def _kinds(kind: Any) -> Iterator[Any]:
    """A type without its annotations; of several, each."""
    if get_origin(kind) is Annotated:
        yield from _kinds(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for one in get_args(kind):
            yield from _kinds(one)
    else:
        yield kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


class _NoFields(msgspec.Struct, forbid_unknown_fields=True):
    """Whatever it is given is one too many."""
