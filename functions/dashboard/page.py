"""The widget: a sentence that says it all, notes on what could not be read, the table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dashboard import columns, job_columns
from dashboard.fleet import Row, trouble_first
from dashboard.grid import Grid, grid
from dashboard.jobs import Job, jobs_trouble_first
from dashboard.level import Level
from dashboard.reading import Reading
from dashboard.request import Request
from dashboard.style import style
from ecsops.markup import NOTHING, Html, element, join

_CLASSES = {
    Level.FINE: "eo-fine",
    Level.BUSY: "eo-fine",
    Level.WARNING: "eo-warning",
    Level.CRITICAL: "eo-critical",
}
# Far below Lambda's 6 MB, and more than anybody reads: the healthiest are left out first.
_MOST_ROWS, _MOST_JOBS = 500, 200


def page(reading: Reading, request: Request, *, arn: str, now: float) -> str:
    """The widget's HTML; ``arn`` is the function that its button calls."""
    rows, jobs = trouble_first(reading.rows), jobs_trouble_first(reading.jobs)
    services = _wanted(rows, request)
    runs = _wanted(jobs, request)
    return element(
        "div",
        # CloudWatch's own table and link styles would win over ours without this.
        element("div", class_="cwdb-no-default-styles"),
        element("style", Html(style(request.theme))),
        _summary(rows, jobs, request, arn),
        *(element("p", note, class_="eo-note") for note in reading.notes),
        _table(grid(columns.COLUMNS, services[:_MOST_ROWS], request.width, now))
        if services
        else _nothing(reading, request),
        _left_out(len(services) - _MOST_ROWS, "more service"),
        _table(grid(job_columns.COLUMNS, runs[:_MOST_JOBS], request.width, now)) if runs else "",
        _left_out(len(runs) - _MOST_JOBS, "more job"),
        class_=f"eo eo-{request.theme}",
    )


def _wanted[R: (Row, Job)](rows: Sequence[R], request: Request) -> list[R]:
    return [row for row in rows if row.level >= Level.WARNING or not request.only_trouble]


def _summary(rows: Sequence[Row], jobs: Sequence[Job], request: Request, arn: str) -> Html:
    if not rows and not jobs:
        return NOTHING
    levels = [*(row.level for row in rows), *(job.level for job in jobs)]
    deploying = sum(row.service.rollout.state != "steady" for row in rows)
    worst = max(levels)
    trouble = worst >= Level.WARNING
    facts = [
        element("span", _need(rows, jobs), class_=_CLASSES[worst]),
        f"{deploying} deploying" if deploying else "",
        _tasks(rows) if rows else "",
        _spot(rows),
        _drained(rows),
    ]
    sentence = join([fact for fact in facts if fact], " · ")
    return element("p", sentence, _button(request, arn) if trouble or request.only_trouble else "")


def _need(rows: Sequence[Row], jobs: Sequence[Job]) -> str:
    """``2 of 15 services need a look``, or that all is well."""
    counts = (
        (len(rows), sum(row.level >= Level.WARNING for row in rows), "service"),
        (len(jobs), sum(job.level >= Level.WARNING for job in jobs), "job"),
    )
    trouble = [
        f"{bad} of {_number(number, noun)} {'needs' if bad == 1 else 'need'} a look"
        for number, bad, noun in counts
        if bad
    ]
    if trouble:
        return ", ".join(trouble)
    return f"All is well: {' and '.join(_number(number, noun) for number, _, noun in counts if number)}"


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
    total = sum(share for _, share in cells.columns)
    widths = [
        element("col", style=f"width:{100 * share / total:.1f}%") for _, share in cells.columns
    ]
    titles = [element("th", title, scope="col") for title, _ in cells.columns]
    rows = [element("tr", *(element("td", cell) for cell in row)) for row in cells.rows]
    return element(
        "table",
        element("colgroup", *widths),
        element("thead", element("tr", *titles)),
        element("tbody", *rows),
    )


def _nothing(reading: Reading, request: Request) -> Html:
    if reading.rows:
        return element("p", "No service needs a look.")
    if reading.notes or reading.jobs:
        return NOTHING
    if (request.cluster, request.service) == ("*", "*"):
        return element("p", "There is no ECS service in this account and Region yet.")
    return element("p", f"No service matches cluster {request.cluster}, service {request.service}.")


def _left_out(number: int, noun: str) -> Html:
    if number <= 0:
        return NOTHING
    return element("p", f"{_number(number, noun)}, the healthiest: filter by cluster or service.")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
