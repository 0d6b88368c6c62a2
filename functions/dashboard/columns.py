"""The columns of the services' table. A new one is one more object in ``COLUMNS``."""

from __future__ import annotations

from dashboard.fleet import Row
from dashboard.grid import Column, lasted, level_cell, name_cell
from dashboard.svg import bar, sparkline
from ecsops.markup import NOTHING, Html, element, join, shorten
from ecsops.tags import SPOT_DRAIN

_REASON_LENGTH, _VERSION_LENGTH = 200, 60


def _service(row: Row, _now: float) -> Html:
    return name_cell(row.service.name, row.service.cluster)


def _state(row: Row, _now: float) -> Html:
    return level_cell(*row.verdict)


def _tasks(row: Row, _now: float) -> Html:
    service = row.service
    kind = "eo-bar-fine" if service.running >= service.desired else "eo-bar-short"
    pending = element("span", f" +{service.pending}", class_="eo-quiet", title="pending tasks")
    return join(
        (
            bar(service.running, service.desired, kind),
            " ",
            element("span", f"{service.running}/{service.desired}", class_="eo-number"),
            pending if service.pending else NOTHING,
        )
    )


def _spot_share(row: Row, _now: float) -> Html:
    service, share = row.service, row.service.spot
    if share is None or not (service.uses_spot or share.spot):
        return NOTHING
    if not share.running:
        return element("span", "Spot, no task", class_="eo-quiet")
    sign = "≈" if share.planned else ""
    title = "reckoned from base and weights of a mixed strategy" if share.planned else None
    text = element(
        "span", f"{sign}{share.percent}\N{NO-BREAK SPACE}%", class_="eo-number", title=title
    )
    return join((bar(share.spot, share.running, "eo-bar-spot"), " ", text, _drain_mode(row)))


def _drain_mode(row: Row) -> Html:
    """What the service's own tag says, where it is not simply on."""
    mode, _ = SPOT_DRAIN.read(row.service.tags)
    return NOTHING if mode == "on" else element("div", f"drain {mode}", class_="eo-quiet")


def _deployment(row: Row, now: float) -> Html:
    rollout = row.service.rollout
    if rollout.state == "steady":
        return NOTHING
    facts = [rollout.state, f"{rollout.done}/{rollout.wanted} new tasks"]
    if rollout.failed_tasks:
        facts.append(f"{rollout.failed_tasks} failed")
    if rollout.since is not None:
        facts.append(lasted(now - rollout.since))
    reason = shorten(rollout.reason, _REASON_LENGTH)
    return element("span", ", ".join(facts), title=reason or None)


def _deployed(row: Row, now: float) -> Html:
    """What became of the latest version, in the deployment guard's words, and when."""
    deployed = row.deployed
    if deployed is None:
        return NOTHING
    words = f"{shorten(deployed.version, _VERSION_LENGTH)} {deployed.outcome}"
    ago = element("span", f" {lasted(now - deployed.at)} ago", class_="eo-quiet")
    return join((element("span", words, title=deployed.cause or None), ago))


def _spot_day(row: Row, _now: float) -> Html:
    day = row.spot_day
    if day is None:
        return NOTHING
    series = (
        ("eo-native", "by ECS", day.native),
        ("eo-backstop", "by toolkit", day.backstop),
        ("eo-stuck", "by nobody", day.stuck),
    )
    counts = [f"{sum(values)} {who}" for _, who, values in series if sum(values)]
    if not counts:
        return NOTHING
    picture = sparkline([(kind, values) for kind, _, values in series])
    return join((picture, " ", element("span", ", ".join(counts), class_="eo-counts")))


def _queue(row: Row, _now: float) -> Html:
    """What a message waits that arrives now, of what it may wait."""
    queue = row.queue
    if queue is None:
        return NOTHING
    if queue.problems or queue.slo_s <= 0:
        return element("span", "not scaled", class_="eo-quiet")
    kind = "eo-bar-short" if row.is_late else "eo-bar-fine"
    waits = element(
        "span", f"{lasted(queue.latency_s)} of {lasted(queue.slo_s)}", class_="eo-number"
    )
    needs = element("span", f", needs {queue.required}", class_="eo-quiet", title="tasks")
    short = queue.required > row.service.running
    return join((bar(queue.latency_s, queue.slo_s, kind), " ", waits, needs if short else NOTHING))


COLUMNS: tuple[Column[Row], ...] = (
    Column("Service", _service, share=26),
    Column("State", _state, share=22),
    Column("Tasks", _tasks, share=16),
    Column("On Spot", _spot_share, share=16, from_width=560),
    Column("Queue latency of SLO", _queue, share=24, from_width=560),
    Column("Verdict", _deployed, share=24, from_width=560),
    Column("Deployment", _deployment, share=24, from_width=800),
    Column("Drained from Spot, last 24 h", _spot_day, share=30, from_width=800),
)
