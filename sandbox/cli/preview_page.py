"""A page that holds a custom widget as a CloudWatch dashboard does: its frame, its theme, its styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Size:
    """A widget's place on the dashboard, and the pixels it has there."""

    title: str
    width: int
    height: int


SIZES = (
    Size("24 columns on a wide screen", 1856, 420),
    Size("12 columns", 920, 420),
    Size("6 columns", 452, 320),
    Size("the narrowest", 300, 320),
)
# Close to the console's own; it publishes no style sheet (docs/fidelity.md).
_STYLE = """
body { margin: 16px; font: 14px/1.5 "Helvetica Neue", Arial, sans-serif; }
body.light { background: #f2f3f3; color: #16191f; }
body.dark { background: #0f141a; color: #d5dbdb; }
.cw-title { font-weight: 700; margin: 12px 0 4px; }
.cw-widget { overflow: auto; border-radius: 4px; }
.light .cw-widget { background: #ffffff; }
.dark .cw-widget { background: #161d26; }
.cw-widget:not(:has(.cwdb-no-default-styles)) table { font-size: 18px; background: #ffdddd; }
a { color: inherit; }
cwdb-action { display: none; }
"""
# CloudWatch acts on the element before <cwdb-action>; so does this.
_BEHAVIOUR = """
document.addEventListener("click", async (event) => {
  const action = event.target.nextElementSibling;
  if (!action || action.tagName !== "CWDB-ACTION") return;
  const holder = event.target.closest(".cw-widget");
  const body = JSON.stringify({size: holder.dataset.size, params: JSON.parse(action.textContent)});
  const answer = await fetch("/widget" + location.search, {method: "POST", body});
  holder.innerHTML = await answer.text();
});
"""


def preview(widgets: Sequence[tuple[Size, str]], theme: Theme, *, live: bool) -> str:
    """The page with a widget at each size; its buttons work where a server answers them."""
    frames = "".join(
        f'<div class="cw-title">{escape(size.title)} ({size.width} x {size.height})</div>'
        f'<div class="cw-widget" data-size="{at}" style="width:{size.width}px;height:{size.height}px">'
        f"{html}</div>"
        for at, (size, html) in enumerate(widgets)
    )
    other = "light" if theme == "dark" else "dark"
    switch = f'<p><a href="/?theme={other}">{other} theme</a>; reload: half a minute later</p>'
    script = f"<script>{_BEHAVIOUR}</script>"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>ecs-ops dashboard</title>'
        f'<style>{_STYLE}</style></head><body class="{theme}">'
        f"{switch if live else ''}{frames}{script if live else ''}</body></html>\n"
    )
