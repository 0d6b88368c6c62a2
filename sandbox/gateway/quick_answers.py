"""moto's answers, written faster: the names that a member may go by are found once for each shape.

moto asks eight kinds of alias for every member of every structure, there or not. For plain dictionaries,
which DynamoDB's items are, the names depend on nothing but the shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from moto.core import responses
from moto.core.serialize import (
    DEFAULT_ALIAS_PROVIDERS,
    AttributePicker,
    AttributePickerContext,
    ResponseSerializer,
)


@contextmanager
def quick_answers() -> Iterator[None]:
    """Remember names for as long as this lasts; what is answered stays the same."""
    ask_moto = ResponseSerializer.get_value
    remembered: dict[Any, Any] = {}

    def get_value(serializer: Any, value: Any, key: str, shape: Any) -> Any:
        picker = serializer._value_picker  # noqa: SLF001 - moto offers no other way in
        if type(value) is not dict or not _is_plain(picker):
            return ask_moto(serializer, value, key, shape)
        parent = getattr(shape, "parent", None)
        place = (id(shape), id(parent), type(picker), key)
        if place not in remembered:
            # Shape and parent are kept, so that nothing else can get their ids.
            remembered[place] = (_names(serializer, picker, key, shape), shape, parent)
        names = remembered[place][0]
        return next((value[name] for name in names if name in value), None)

    # Which operations a class has, moto asks of the class for each call.
    methods = cache(responses.method_names_from_class)
    with (
        patch.object(ResponseSerializer, "get_value", get_value),
        patch.object(responses, "method_names_from_class", methods),
    ):
        yield


def _is_plain(picker: Any) -> bool:
    """Whether the picker goes by names alone: no transformed answers, no aliases of its own."""
    return (
        isinstance(picker, AttributePicker)
        and not picker.response_transformers
        and picker.alias_providers is DEFAULT_ALIAS_PROVIDERS
    )


def _names(serializer: Any, picker: Any, key: str, shape: Any) -> tuple[str, ...]:
    model = serializer.operation_model
    context = AttributePickerContext(
        obj={},
        key=key,
        shape=shape,
        operation_model=model,
        service_model=model.service_model,
        key_path="",
    )
    return tuple(dict.fromkeys(picker.get_possible_keys(context)))
