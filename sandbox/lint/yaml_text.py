"""YAML with positions; CloudFormation's short tags (``!Ref``) become the objects they stand for.

Built from the parser's events, so that neither nesting nor aliases can blow it up: an alias is the same value
again, not a copy.
"""

from __future__ import annotations

from typing import Any

import yaml

from sandbox.lint.marked import MarkedDict, MarkedList, Problem, Span, Unreadable

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
# libyaml refuses more by itself in its newer versions.
_DEEPEST = 1000


class _Open:
    def __init__(
        self, holder: MarkedDict | MarkedList, anchor: str | None, tag: str | None
    ) -> None:
        self.holder = holder
        self.anchor = anchor
        self.tag = tag
        self.key: str | None = None
        self.key_at: Span = (0, 0)


class _Builder:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.documents: list[Any] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, Any] = {}
        self.resolver: Any = yaml.resolver.Resolver()

    def take(self, event: Any) -> None:
        at = (event.start_mark.index, event.end_mark.index)
        match event:
            case yaml.ScalarEvent():
                self._add(self._anchored(event.anchor, self._scalar(event, at)), at)
            case yaml.AliasEvent():
                if event.anchor not in self.anchors:
                    raise Unreadable(at[0], f"the anchor {event.anchor!r} is not known (yet)")
                self._add(self.anchors[event.anchor], at)
            case yaml.MappingStartEvent():
                self._open(MarkedDict(at[0]), event)
            case yaml.SequenceStartEvent():
                self._open(MarkedList(at[0]), event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(at[1])
            case _:
                pass  # streams and documents begin and end

    def _open(self, holder: MarkedDict | MarkedList, event: Any) -> None:
        if len(self.stack) >= _DEEPEST:
            raise Unreadable(holder.span[0], f"nested more than {_DEEPEST} deep")
        self.stack.append(_Open(holder, event.anchor, event.tag))

    def _close(self, end: int) -> None:
        top = self.stack.pop()
        start = top.holder.span[0]
        top.holder.span = (start, end)
        value = _long_form(top.tag, top.holder, top.holder.span)
        self._add(self._anchored(top.anchor, value), (start, end))

    def _anchored(self, anchor: str | None, value: Any) -> Any:
        if anchor:
            self.anchors[anchor] = value
        return value

    def _scalar(self, event: Any, at: Span) -> Any:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self.resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = tag.rpartition(":")[2] if tag.startswith("tag:yaml.org,2002:") else ""
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return event.value.lower() in ("true", "yes", "on")
                case "int":
                    return int(event.value.replace("_", ""), 0)
                case "float":
                    return float(event.value.replace("_", ""))
        except ValueError:
            return event.value  # 0o17, 1:30, .inf: a text is the safe reading
        return _long_form(event.tag, event.value, at)

    def _add(self, value: Any, at: Span) -> None:
        if not self.stack:
            self.documents.append(value)
            return
        top = self.stack[-1]
        if isinstance(top.holder, MarkedList):
            top.holder.add(value, at)
        elif top.key is None:
            self._take_key(top, value, at)
        else:
            key, top.key = top.key, None
            if key == _MERGE:
                _merge(top.holder, value)
            else:
                top.holder.add(key, top.key_at, value, at)

    def _take_key(self, top: _Open, value: Any, at: Span) -> None:
        if isinstance(value, dict | list):
            raise Unreadable(at[0], "a list or an object cannot be a name")
        key = "null" if value is None else str(value)
        if key in top.holder and key in getattr(top.holder, "keys_at", {}):
            self.problems.append(Problem(at[0], f"{key!r} is given twice; the last one counts"))
        top.key, top.key_at = key, at


def parse_yaml(text: str) -> tuple[list[Any], tuple[Problem, ...]]:
    """The documents with their marks, and what was read over; raises ``Unreadable``."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, _LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.index if mark else 0, f"not YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        raise Unreadable(_index(error, text), f"not YAML: {error.reason}") from None
    return builder.documents, tuple(builder.problems)


def _index(error: yaml.reader.ReaderError, text: str) -> int:
    position = error.position if isinstance(error.position, int) else 0
    return min(position, len(text))


def _long_form(tag: str | None, value: Any, at: Span) -> Any:
    if tag is None or not tag.startswith("!") or tag == "!":
        return value
    name = tag[1:]
    function = name if name in ("Ref", "Condition") else f"Fn::{name}"
    if name == "GetAtt" and isinstance(value, str):
        logical_id, _, attribute = value.partition(".")
        value = [logical_id, attribute]
    wrapped = MarkedDict(at[0])
    wrapped.span = at
    wrapped.add(function, at, value, at)
    return wrapped


def _merge(holder: Any, value: Any) -> None:
    # What the mapping says itself comes before what it merges in, wherever the merge stands.
    for source in value if isinstance(value, list) else [value]:
        if isinstance(source, MarkedDict):
            for key, each in source.items():
                if key not in holder:
                    dict.__setitem__(holder, key, each)
