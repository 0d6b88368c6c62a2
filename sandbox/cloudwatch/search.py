"""Search expressions: which metrics they find, and what the results are called.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.errors import UnsupportedOperation
from sandbox.lambda_host.metrics import Metric

Dimensions = tuple[tuple[str, str], ...]
_SEARCH = re.compile(
    r"""SEARCH\(\s*'\{(?P<schema>[^{}]+)\}\s+MetricName="(?P<name>[^"]+)"\s*',"""
    r"""\s*'(?P<statistic>\w+)'\s*,\s*(?P<period>\d+)\s*\)"""
)
_PROPERTY = re.compile(r"\$\{PROP\('Dim\.([^']+)'\)\}")


@dataclass(frozen=True, slots=True)
class Search:
    """``{namespace,dimensions} MetricName="name"``, with statistic and period."""

    namespace: str
    dimensions: frozenset[str]
    name: str
    statistic: str
    period: int

    def series(self, metrics: Iterable[Metric]) -> dict[Dimensions, list[Metric]]:
        """The metrics found, by their dimensions: those that have the schema's and no others."""
        found: dict[Dimensions, list[Metric]] = {}
        for metric in metrics:
            names = frozenset(name for name, _ in metric.dimensions)
            if (metric.namespace, metric.name, names) == (
                self.namespace,
                self.name,
                self.dimensions,
            ):
                found.setdefault(metric.dimensions, []).append(metric)
        return found


def parse_search(expression: str) -> Search:
    """Read an expression; one that the sandbox does not know is refused by name."""
    match = _SEARCH.fullmatch(expression.strip())
    if match is None:
        raise UnsupportedOperation(f"the sandbox does not evaluate the expression {expression}")
    namespace, *dimensions = (part.strip() for part in match["schema"].split(","))
    return Search(
        namespace, frozenset(dimensions), match["name"], match["statistic"], int(match["period"])
    )


def label(template: str, dimensions: Mapping[str, str]) -> str:
    """A dynamic label with its properties filled in."""
    return _PROPERTY.sub(lambda match: dimensions.get(match[1], ""), template)
