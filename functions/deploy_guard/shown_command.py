"""A command line as it may be shown: the words that cannot be secrets, and a mark for the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ecsops.redaction import MASK, names_a_secret, redact_text

# Words, paths, file names and numbers as people write them. A mix of letters and digits may be a key,
# and so may anything long.
_PLAIN = re.compile(
    r"(?:[A-Za-z_.:,@/\-]{1,24}|[\d.:]{1,12}|/?(?:[A-Za-z_.\-]{1,24}/)+[A-Za-z_.\-]{0,24}"
    r"|(?:https?://)?(?:localhost|127\.0\.0\.1)(?::\d{1,5})?(?:/[A-Za-z_.\-/]{0,40})?)"
)
_FLAG = re.compile(r"--?[A-Za-z][A-Za-z_.\-]{0,30}")
_SHELL = re.compile(r"[;&|<>()$!]{1,3}")
_PASSWORD_FLAGS = frozenset({"-p", "-P", "-a", "-u", "-H"})
_MOST = 300


def shown(command: Iterable[str]) -> str:
    """The command in one line, without anything that might be a secret."""
    words = [word for argument in command for word in str(argument).split()]
    return redact_text(" ".join(_words(words)))[:_MOST]


def _words(words: list[str]) -> Iterator[str]:
    before = ""
    for word in words:
        yield MASK if _takes_a_secret(before) else _word(word)
        before = word


def _word(word: str) -> str:
    name, equals, value = word.partition("=")
    if equals:
        # FLAG=value and NAME=value: the name may be shown, the value only where it is plain.
        known = bool(_FLAG.fullmatch(name) or _PLAIN.fullmatch(name))
        kept = value if _PLAIN.fullmatch(value) and not names_a_secret(name) else MASK
        return f"{name}={kept}" if known else MASK
    bare = word.strip("\"'")
    plain = _FLAG.fullmatch(bare) or _PLAIN.fullmatch(bare) or _SHELL.fullmatch(bare)
    return bare if plain else MASK


def _takes_a_secret(flag: str) -> bool:
    name = flag.strip("\"'")
    return name in _PASSWORD_FLAGS or (name.startswith("-") and names_a_secret(name.lstrip("-")))
