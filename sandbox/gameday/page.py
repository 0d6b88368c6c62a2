"""One HTML page of a game day: it loads nothing, runs nothing, and is light or dark as the reader is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from sandbox.gameday.chart import Chart, Points, Series, svg
from sandbox.gameday.queue import GameDay, Played

_MODES = {
    "managed_60s": "managed, 60 s: Application Auto Scaling follows the function's metric",
    "direct_20s": "direct, 20 s: the function sets the desired count",
}
_STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #16191f; --quiet: #545b64; --line: #d5dbdb;
  --arrivals: #0972d3; --running: #037f0c; --desired: #8d6605; --wait: #7d2105; --limit: #b8283b; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1b2a; --text: #eaeded; --quiet: #a7b3bf;
  --line: #37475a; --arrivals: #6cb2ff; --running: #5fd068; --desired: #f2b84b; --wait: #ff9e80;
  --limit: #ff8a9a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px; max-width: 1080px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 28px 0 4px; }
h3 { font-size: 14px; margin: 12px 0 0; font-weight: 600; } p { margin: 4px 0; color: var(--quiet); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 12px 0; } th, td { padding: 4px 10px 4px 0; text-align: right;
  border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; color: var(--quiet); }
svg { display: block; width: 100%; min-width: 560px; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
svg text.limit { fill: var(--limit); } .grid { stroke: var(--line); stroke-width: 1; }
path { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
path.arrivals { stroke: var(--arrivals); } path.running { stroke: var(--running); }
path.desired { stroke: var(--desired); stroke-dasharray: 4 3; } path.wait { stroke: var(--wait); }
line.limit { stroke: var(--limit); stroke-dasharray: 6 4; stroke-width: 1.4; }
b.arrivals { color: var(--arrivals); } b.running { color: var(--running); }
b.desired { color: var(--desired); } b.wait { color: var(--wait); } b.limit { color: var(--limit); }
"""


def page(day: GameDay) -> str:
    """The whole page."""
    name = escape(day.load.name)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>ecs-ops game day: {name}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Game day: {name}</h1>{_introduction(day)}{_summary(day)}{_arrivals(day)}"
        f"{''.join(part for run in day.runs for part in _run(day, run))}</body></html>\n"
    )


def _introduction(day: GameDay) -> str:
    load, setting = day.load, day.setting
    return (
        f"<p>{len(load.arrivals):,} messages in {load.duration_s / 3600:.2g} hours, "
        f"{load.mean_work_s:.3g} s of work each; {load.work_s / 3600 / setting.slots:.1f} task-hours of "
        f"work. A message may wait {setting.slo_s:g} s. A task takes messages "
        f"{setting.times.startup_s:g} s after it was ordered, {setting.slots} at a time.</p>"
        "<p>Simulated, with the shipped function in virtual time: docs/fidelity.md says what is assumed."
        "</p>"
    )


def _summary(day: GameDay) -> str:
    rows = "".join(
        f"<tr><td>{escape(run.mode)}</td><td>{_in_time(run)}</td><td>{run.score.p99_wait_s:.0f} s</td>"
        f"<td>{run.score.longest_wait_s:.0f} s</td><td>{run.score.task_hours:.1f}</td>"
        f"<td>{run.score.task_hours_over_ideal:.2f}</td><td>{run.score.actions}</td>"
        f"<td>{run.score.jobs_killed}</td></tr>"
        for run in day.runs
    )
    heads = (
        "mode",
        "in time",
        "p99 wait",
        "longest",
        "task-hours",
        "x the work",
        "changes",
        "jobs killed",
    )
    head = "".join(f"<th>{each}</th>" for each in heads)
    return f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _in_time(run: Played) -> str:
    """Rounded down: one message late is not 100 %."""
    return f"{int(run.score.within_slo_pct * 100) / 100:.2f} %"


def _arrivals(day: GameDay) -> str:
    if not day.runs:
        return ""
    slices = day.runs[0].slices
    points = [(each.at, each.messages / day.slice_s) for each in slices]
    title = f"Messages arriving a second (mean of {day.slice_s:.0f} s)"
    return _chart(
        f'<b class="arrivals">{title}</b>',
        Chart(title, day.load.duration_s, [Series("arrivals", points)]),
    )


def _run(day: GameDay, run: Played) -> Iterator[str]:
    yield f"<h2>{escape(_MODES.get(run.mode, run.mode))}</h2>"
    running: Points = [(each.at, each.running) for each in run.samples]
    desired: Points = [(each.at, each.desired) for each in run.samples]
    tasks = Chart(
        f"Tasks, {run.mode}",
        day.load.duration_s,
        [Series("desired", desired, steps=True), Series("running", running, steps=True)],
    )
    yield _chart('Tasks: <b class="running">running</b>, <b class="desired">desired</b>', tasks)
    slo_s = day.setting.slo_s
    waits: Points = [(each.at, each.longest_wait_s) for each in run.slices if each.messages]
    latency = Chart(
        f"Queue latency, {run.mode}",
        day.load.duration_s,
        [Series("wait", waits)],
        (f"SLO {slo_s:g} s", slo_s),
    )
    yield _chart(
        'Queue latency in seconds: <b class="wait">the longest wait of the messages that arrived then</b>, '
        '<b class="limit">SLO</b>',
        latency,
    )


def _chart(caption: str, chart: Chart) -> str:
    return f'<h3>{caption}</h3><div class="scroll">{svg(chart)}</div>'
