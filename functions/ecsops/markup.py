"""HTML that what it shows cannot break: whatever is not HTML already is escaped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape as escape_html

# Controls, bidirectional overrides and other invisible characters, lone surrogates, private use,
# line and paragraph separators: a name that holds them could pose as another, or move what follows.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_VOID = frozenset({"br", "col", "rect"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


NOTHING = Html("")


def escape(value: object) -> Html:
    """Any value as HTML text; usable in attributes too."""
    return value if isinstance(value, Html) else Html(escape_html(visible(str(value))))


def visible(text: str) -> str:
    """The text with every character that cannot be seen replaced by one that can."""
    if text.isascii() and text.isprintable():
        return text
    spaced = " ".join(text.split())
    return "".join(
        _REPLACEMENT if unicodedata.category(letter) in _INVISIBLE else letter for letter in spaced
    )


def shorten(text: str, length: int) -> str:
    """The text, cut with an ellipsis where it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def join(parts: Iterable[object], separator: str = "") -> Html:
    """Several pieces as one; ``separator`` is HTML."""
    return Html(separator.join(escape(part) for part in parts))


def element(name: str, *children: object, **attributes: object) -> Html:
    """An element; ``class_`` is ``class``, ``aria_label`` is ``aria-label``, None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{given}/>" if name == "rect" else f"<{name}{given}>")
    return Html(f"<{name}{given}>{join(children)}</{name}>")
