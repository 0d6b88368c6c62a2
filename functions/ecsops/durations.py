"""Durations as people write them: ``90s``, ``5m``, ``2h``, ``1d``."""

import re

from ecsops.errors import InvalidSetting

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9})\s*([smhd])", re.ASCII)


def parse_duration(text: str) -> int:
    """Seconds in ``text``; raises ``InvalidSetting`` with the accepted forms."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise InvalidSetting(f"{text!r} is not a duration: write it like 90s, 5m, 2h or 1d")
    return int(match[1]) * _UNITS[match[2]]


def format_duration(seconds: float) -> str:
    """The shortest exact form: 90 -> ``90s``, 300 -> ``5m``."""
    whole = round(seconds)
    for unit in ("d", "h", "m"):
        if whole and whole % _UNITS[unit] == 0:
            return f"{whole // _UNITS[unit]}{unit}"
    return f"{whole}s"
