"""A file -> its text and value, or the one line that says why not."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.lint.json_text import parse_json
from sandbox.lint.marked import MarkedList, Text, Unreadable

STDIN = "-"
_LARGEST_BYTES = 64_000_000
_YAML = frozenset({".yaml", ".yml"})
_JSON_BEGINS = ("{", "[", '"', "/", "")


def read(file: str) -> Text:
    """Read and parse; raises ``Unreadable`` (the offset is 0 where the file as a whole is the problem)."""
    text = _decode(_bytes(file))
    try:
        return parse(name_of(file), text)
    except Unreadable as error:
        error.text = text
        raise


def parse(name: str, text: str) -> Text:
    """Parse what a file of this name holds; what neither is called JSON nor YAML shows by how it begins."""
    suffix = Path(name).suffix.lower()
    if suffix == ".json" or (suffix not in _YAML and text.lstrip()[:1] in _JSON_BEGINS):
        value, problems = parse_json(text)
        return Text(name, text, value, problems)
    from sandbox.lint.yaml_text import parse_yaml

    documents, found = parse_yaml(text)
    return Text(name, text, _one_or_many(documents), found)


def name_of(file: str) -> str:
    """The file's name in reports: relative to where we are, if it lies there."""
    if file == STDIN:
        return "<stdin>"
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def _one_or_many(documents: list[object]) -> object:
    if len(documents) == 1:
        return documents[0]
    many = MarkedList(0)
    for each in documents:
        many.add(each, getattr(each, "span", (0, 0)))
    return many


def _bytes(file: str) -> bytes:
    remedy = "name files that exist and that you may read, not folders"
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise Unreadable(0, f"cannot be read: {error.strerror or error}", remedy) from None
    except ValueError as error:
        raise Unreadable(0, f"cannot be read: {error}", remedy) from None
    if len(data) > _LARGEST_BYTES:
        raise Unreadable(0, f"larger than {_LARGEST_BYTES // 1_000_000} MB")
    return data


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(0, f"not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from None
