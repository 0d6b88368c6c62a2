"""Finds regular expressions that take for ever on some text: one of them would stop every alert.

Python's matcher tries every way to divide a text between repeats. Whether a pattern suffers from it is
found by trying: texts of the pattern's own letters, longer and longer, until one takes too long.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import pairwise

# A repeated group that repeats in itself, e.g. (a+)+.
_NESTED = re.compile(r"\((?:[^()\\]|\\.)*(?:[+*]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)\s*(?:[+*]|\{\d+,)")
_ESCAPED = re.compile(r"\\.")
# What gives the matcher a choice; one choice alone cannot multiply.
_CHOICES = re.compile(r"[*+{|]|(?<!\()\?")
_LETTERS = re.compile(r"[^\W_]|[ :;,/@=_\-]")
_USUAL, _MOST_UNITS = ("a", "0", " ", "-"), 24
# Time that grows with the square of the length is bearable, with its cube it is not: at a thousand
# characters they are far apart. Of the processor's time: a busy machine makes no pattern a bad one.
_LONGEST_PROBE, _LONGEST_S = 1_000, 0.05


def is_slow(text: str) -> bool:
    """Whether the pattern takes too long on some text that redaction may meet."""
    if _NESTED.search(text):
        return True
    if len(_CHOICES.findall(_ESCAPED.sub("", text))) <= 1:
        return False
    pattern = re.compile(text)
    return any(_grows(pattern, unit) for unit in _units(text))


def _grows(pattern: re.Pattern[str], unit: str) -> bool:
    for length in _lengths():
        probe = (unit * (length // len(unit) + 1))[:length] + "\x00"
        # Twice: a first run may have met something else that took time.
        if _seconds(pattern, probe) > _LONGEST_S and _seconds(pattern, probe) > _LONGEST_S:
            return True
    return False


def _seconds(pattern: re.Pattern[str], text: str) -> float:
    began = time.thread_time()
    pattern.search(text)
    return time.thread_time() - began


def _lengths() -> Iterator[int]:
    """In steps so small that what grows exponentially is noticed while it still ends."""
    yield from range(6, 120, 2)
    length = 120.0
    while length < _LONGEST_PROBE:
        yield int(length)
        length *= 1.15
    yield _LONGEST_PROBE


def _units(text: str) -> list[str]:
    """What the probes repeat: the letters of the pattern, alone and with their neighbours."""
    letters = _LETTERS.findall(_ESCAPED.sub("", text))
    pairs = dict.fromkeys(pairwise(letters))
    near = [unit for a, b in pairs for unit in (a + b, a + a + b, a + b + b)]
    return list(dict.fromkeys((*_USUAL, *letters, *near)))[:_MOST_UNITS]
