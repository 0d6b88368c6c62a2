"""The widget: a sentence that says it all, notes on what could not be read, the table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dashboard.columns import Grid, grid
from dashboard.fleet import Level, Row, trouble_first
from dashboard.request import Request
from dashboard.style import style
from ecsops.markup import NOTHING, Html, element, join

# Far below Lambda's 6 MB, and more than anybody reads: the healthiest are left out first.
_MOST_ROWS = 500


def page(
    rows: Sequence[Row], notes: Sequence[str], request: Request, *, arn: str, now: float
) -> str:
    """The widget's HTML; ``arn`` is the function that its button calls."""
    ordered = trouble_first(rows)
    wanted = [row for row in ordered if row.level >= Level.WARNING or not request.only_trouble]
    shown = wanted[:_MOST_ROWS]
    return element(
        "div",
        # CloudWatch's own table and link styles would win over ours without this.
        element("div", class_="cwdb-no-default-styles"),
        element("style", Html(style(request.theme))),
        _summary(ordered, request, arn),
        *(element("p", note, class_="eo-note") for note in notes),
        _table(grid(shown, request.width, now)) if shown else _nothing(rows, notes, request),
        _left_out(len(wanted) - len(shown)),
        class_=f"eo eo-{request.theme}",
    )


def _summary(rows: Sequence[Row], request: Request, arn: str) -> Html:
    if not rows:
        return NOTHING
    trouble = sum(row.level >= Level.WARNING for row in rows)
    deploying = sum(row.service.rollout.state != "steady" for row in rows)
    worst = max(row.level for row in rows)
    need = (
        element(
            "span",
            f"{trouble} of {_number(len(rows), 'service')} {'needs' if trouble == 1 else 'need'} a look",
            class_="eo-critical" if worst is Level.CRITICAL else "eo-warning",
        )
        if trouble
        else element("span", f"All is well: {_number(len(rows), 'service')}", class_="eo-fine")
    )
    facts = [
        need,
        f"{deploying} deploying" if deploying else "",
        _tasks(rows),
        _spot(rows),
        _drained(rows),
    ]
    sentence = join([fact for fact in facts if fact], " · ")
    return element("p", sentence, _button(request, arn) if trouble or request.only_trouble else "")


def _tasks(rows: Sequence[Row]) -> str:
    running, desired = (
        sum(row.service.running for row in rows),
        sum(row.service.desired for row in rows),
    )
    return f"{running} of {_number(desired, 'task')} running"


def _spot(rows: Sequence[Row]) -> str:
    shares = [row.service.spot for row in rows if row.service.spot]
    spot, running = sum(share.spot for share in shares), sum(share.running for share in shares)
    return f"{round(100 * spot / running)}\N{NO-BREAK SPACE}% on Spot" if spot else ""


def _drained(rows: Sequence[Row]) -> str:
    days = [row.spot_day for row in rows if row.spot_day]
    drained = sum(sum(day.native) + sum(day.backstop) for day in days)
    return f"{_number(drained, 'Spot task')} drained in 24 h" if drained else ""


def _button(request: Request, arn: str) -> Html:
    """Show only the trouble, or everything again.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
    """
    label, only = (
        ("Show all", "everything") if request.only_trouble else ("Show only these", "trouble")
    )
    parameters = {"cluster": request.cluster, "service": request.service, "only": only}
    action = element(
        "cwdb-action", json.dumps(parameters), action="call", display="widget", endpoint=arn
    )
    return join((" ", element("a", label, class_="eo-button"), action))


def _table(cells: Grid) -> Html:
    total = sum(column.share for column in cells.columns)
    widths = [
        element("col", style=f"width:{100 * column.share / total:.1f}%") for column in cells.columns
    ]
    titles = [element("th", column.title, scope="col") for column in cells.columns]
    rows = [element("tr", *(element("td", cell) for cell in row)) for row in cells.rows]
    return element(
        "table",
        element("colgroup", *widths),
        element("thead", element("tr", *titles)),
        element("tbody", *rows),
    )


def _nothing(rows: Sequence[Row], notes: Sequence[str], request: Request) -> Html:
    if rows:
        return element("p", "No service needs a look.")
    if notes:
        return NOTHING
    if (request.cluster, request.service) == ("*", "*"):
        return element("p", "There is no ECS service in this account and Region yet.")
    return element("p", f"No service matches cluster {request.cluster}, service {request.service}.")


def _left_out(number: int) -> Html:
    if number <= 0:
        return NOTHING
    return element(
        "p", f"{_number(number, 'more service')}, the healthiest: filter by cluster or service."
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
