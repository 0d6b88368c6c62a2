"""What CloudWatch asks for: the widget's parameters, its size, its theme.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Theme = Literal["light", "dark"]
_WIDTH, _HEIGHT = 1200, 400
_PARAMETERS = ("cluster", "service", "only")


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the widget. ``cluster`` and ``service`` are globs, ``*`` for all."""

    cluster: str = "*"
    service: str = "*"
    only_trouble: bool = False
    theme: Theme = "light"
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def one_cluster(self) -> str | None:
        """The cluster's name when it is no glob."""
        return None if set(self.cluster) & set("*?[") else self.cluster

    def wants_cluster(self, name: str) -> bool:
        """Whether the cluster is asked for."""
        return fnmatchcase(name, self.cluster)

    def wants_service(self, name: str) -> bool:
        """Whether the service is asked for."""
        return fnmatchcase(name, self.service)


def request_from(event: Mapping[str, Any]) -> Request:
    """Read an invocation; what is missing or nonsense gets its default.

    A button's call carries its own parameters beside those that the widget was configured with.
    """
    context = _mapping(event.get("widgetContext"))
    given = {**_mapping(context.get("params")), **event}
    cluster, service, only = (str(given.get(name) or "") for name in _PARAMETERS)
    return Request(
        cluster=cluster or "*",
        service=service or "*",
        only_trouble=only == "trouble",
        theme="dark" if context.get("theme") == "dark" else "light",
        width=_pixels(context.get("width"), _WIDTH),
        height=_pixels(context.get("height"), _HEIGHT),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _pixels(value: Any, default: int) -> int:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN
    return int(min(max(value, 100), 10_000)) if usable else default
