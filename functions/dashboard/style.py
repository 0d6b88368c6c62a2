"""The widget's look, for CloudWatch's light and dark theme.

Everything is under the class ``eo`` and the theme's own, so that nothing leaks into the console. The
background is the console's: the colours have a contrast of at least WCAG AA's 4.5 on white and on its
dark grey (tests/browser measures it).
"""

from __future__ import annotations

from dashboard.request import Theme

_COLOURS: dict[Theme, dict[str, str]] = {
    "light": {
        "text": "#16191f",
        "quiet": "#545b64",
        "line": "#d5dbdb",
        "hover": "#f2f8fd",
        "fine": "#1d6b0f",
        "busy": "#0b5cad",
        "warning": "#8a4b00",
        "critical": "#b0160c",
        "track": "#d5dbdb",
        "spot": "#7a3fc4",
        "note": "#fdf3e1",
    },
    "dark": {
        "text": "#eaeded",
        "quiet": "#a7b3bf",
        "line": "#3b4754",
        "hover": "#1d2a38",
        "fine": "#7fd36b",
        "busy": "#79b8ff",
        "warning": "#f7b955",
        "critical": "#ff8f85",
        "track": "#3b4754",
        "spot": "#bf9bf5",
        "note": "#33291a",
    },
}
_RULES = """
{eo} {{ color: {text}; font: 13px/1.4 "Amazon Ember", "Helvetica Neue", Arial, sans-serif; max-width: 100%; }}
{eo} table {{ width: 100%; table-layout: fixed; border-collapse: collapse; margin: 0; }}
{eo} th {{ text-align: left; font-weight: 600; color: {quiet}; }}
{eo} td {{ vertical-align: top; color: {text}; }}
{eo} th, {eo} td {{ border: 0; border-bottom: 1px solid {line}; padding: 3px 6px; }}
{eo} th, {eo} td, {eo} p {{ overflow-wrap: anywhere; background: transparent; }}
{eo} tbody tr:hover td {{ background: {hover}; }}
{eo} p {{ margin: 0 0 6px; padding: 0 6px; color: {text}; }}
{eo} .eo-note {{ background: {note}; border-left: 3px solid {warning}; padding: 3px 6px; }}
{eo} .eo-name {{ font-weight: 600; }}
{eo} .eo-quiet {{ color: {quiet}; }}
{eo} .eo-number {{ white-space: nowrap; font-variant-numeric: tabular-nums; }}
{eo} .eo-svg {{ vertical-align: middle; max-width: 100%; }}
{eo} .eo-fine {{ color: {fine}; }}
{eo} .eo-busy {{ color: {busy}; }}
{eo} .eo-warning {{ color: {warning}; font-weight: 600; }}
{eo} .eo-critical {{ color: {critical}; font-weight: 600; }}
{eo} .eo-button {{ color: {busy}; cursor: pointer; text-decoration: underline; }}
{eo} rect.eo-track {{ fill: {track}; }}
{eo} rect.eo-bar-fine, {eo} rect.eo-native {{ fill: {fine}; }}
{eo} rect.eo-bar-short, {eo} rect.eo-stuck {{ fill: {critical}; }}
{eo} rect.eo-bar-spot {{ fill: {spot}; }}
{eo} rect.eo-backstop {{ fill: {warning}; }}
{eo} rect.eo-other {{ fill: {quiet}; }}
{eo} table + table {{ margin-top: 10px; }}
"""


def style(theme: Theme) -> str:
    """The style sheet of a theme."""
    rules = _RULES.strip().format(eo=f".eo-{theme}", **_COLOURS[theme])
    return "\n".join(rules.splitlines())
