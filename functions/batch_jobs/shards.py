"""Sets of shards as the bits of a number: ten thousand of them take 1,250 bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def of(shards: Iterable[int]) -> int:
    """The set of these shards."""
    bits = 0
    for shard in shards:
        bits |= 1 << shard
    return bits


def all_of(count: int) -> int:
    """The set of the first ``count`` shards."""
    return (1 << count) - 1


def members(bits: int) -> Iterator[int]:
    """The shards in a set, in order."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def first(bits: int, most: int) -> list[int]:
    """At most so many of a set, the lowest ones."""
    found: list[int] = []
    for shard in members(bits):
        if len(found) >= most:
            break
        found.append(shard)
    return found


def encode(bits: int) -> str:
    """As text for a row."""
    return f"{bits:x}"


def decode(text: str) -> int:
    """From a row."""
    return int(text or "0", 16)
