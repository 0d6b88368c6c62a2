"""The page of a game day as a browser shows it: drawn to scale, readable, and on its own."""

import os
import random
from html import escape
from pathlib import Path

import pytest

from sandbox.gameday.page import page
from sandbox.gameday.queue import play
from sandbox.queue_load import arrivals
from sandbox.queue_load.load import exponential, load_of
from sandbox.queue_load.world import Setting

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = (360, 800, 1400)
READABLE = 4.5  # WCAG 2.2, 1.4.3
VISIBLE = 3.0  # WCAG 2.2, 1.4.11
SLO_S, DURATION_S = 60.0, 1800.0
HOSTILE = '</title></style><script>parent.pwned(1)</script><img src=x onerror="parent.pwned(2)">'
SCRIPT = """
const luminance = ([r, g, b]) => [r, g, b].map((value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
const ratio = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const says = (element) =>
  [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
window.addEventListener("load", () => {
  const measured = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, look = frame.contentWindow.getComputedStyle.bind(frame.contentWindow);
    const ground = numbers(look(page.body).backgroundColor);
    const colour = (each) => numbers(each.tagName === "text" ? look(each).fill : look(each).color);
    const shown = [...page.body.querySelectorAll("*")].filter((each) => each.getClientRects().length > 0);
    return {
      shown: page.documentElement.clientWidth, needed: page.documentElement.scrollWidth,
      text: page.body.innerText,
      loads: frame.contentWindow.performance.getEntriesByType("resource").length,
      runs: page.querySelectorAll("script, img, iframe, link, object").length,
      contrasts: shown.filter((each) => says(each) && each.tagName !== "title")
        .map((each) => [each.textContent.slice(0, 40), ratio(colour(each), ground)]),
      lines: [...page.querySelectorAll("path, line.limit")]
        .map((each) => [each.getAttribute("class"), ratio(numbers(look(each).stroke), ground)]),
      charts: [...page.querySelectorAll("svg")].map((svg) => {
        const box = (each) => each && each.getBoundingClientRect().toJSON();
        const grid = [...svg.querySelectorAll("line.grid")].map(box);
        return {
          title: svg.querySelector("title").textContent,
          box: box(svg), zero: grid[0].y, top: grid[2].y,
          scale: Number(svg.querySelectorAll("text")[2].textContent),
          limit: box(svg.querySelector("line.limit")),
          paths: Object.fromEntries([...svg.querySelectorAll("path")]
            .map((each) => [each.getAttribute("class"), box(each)])),
          texts: [...svg.querySelectorAll("text")].map(box),
        };
      }),
    };
  });
  const result = document.createElement("pre");
  result.id = "measured";
  result.textContent = JSON.stringify({pages: measured, pwned: window.pwnedBy || null});
  document.body.append(result);
});
"""
TRAP = "window.pwned = (how) => { window.pwnedBy = how || 'somebody'; };"


def game_day(name="square"):
    rng = random.Random(1)
    times = arrivals.varying(arrivals.square(0.5, 5.0, 600.0), DURATION_S, rng)
    load = load_of(name, times, exponential(2.0), DURATION_S, rng)
    return play(load, Setting(slo_s=SLO_S), ["managed_60s", "direct_20s"])


@pytest.fixture(scope="module")
def day():
    return game_day()


def measure(browser, html):
    frames = "".join(
        f'<iframe width="{width}" height="900" srcdoc="{escape(html)}"></iframe>'
        for width in WIDTHS
    )
    measured = browser.measure(
        f"<!doctype html><script>{TRAP}</script>{frames}<script>{SCRIPT}</script>"
    )
    assert measured["pwned"] is None
    return measured["pages"]


@pytest.fixture(scope="module")
def measured(browser, day):
    return measure(browser, page(day))


def charts(one, word):
    return [chart for chart in one["charts"] if word in chart["title"]]


def test_arrivals_once_then_tasks_and_latency_of_each_mode(measured):
    titles = [chart["title"] for chart in measured[1]["charts"]]
    assert titles[0].startswith("Messages arriving a second")
    assert titles[1:] == [
        "Tasks, managed_60s",
        "Queue latency, managed_60s",
        "Tasks, direct_20s",
        "Queue latency, direct_20s",
    ]


def test_tasks_and_waits_are_as_high_as_they_were(day, measured):
    for one in measured[1:]:
        for run, tasks, latency in zip(
            day.runs, charts(one, "Tasks"), charts(one, "Queue latency"), strict=True
        ):
            most = max(sample.running for sample in run.samples)
            assert value_at(tasks, tasks["paths"]["running"]["top"]) == pytest.approx(
                most, rel=0.02
            )
            longest = max(each.longest_wait_s for each in run.slices)
            top = value_at(latency, latency["paths"]["wait"]["top"])
            assert top == pytest.approx(longest, rel=0.02)


def test_the_slo_is_drawn_at_its_height_across_the_chart(measured):
    for one in measured[1:]:
        for chart in charts(one, "Queue latency"):
            assert value_at(chart, chart["limit"]["y"]) == pytest.approx(SLO_S, rel=0.02)
            assert chart["limit"]["width"] > 0.9 * chart["box"]["width"]


def value_at(chart, y):
    return (chart["zero"] - y) / (chart["zero"] - chart["top"]) * chart["scale"]


def test_the_figures_stand_above_the_pictures(day, measured):
    for run in day.runs:
        assert f"{int(run.score.within_slo_pct * 100) / 100:.2f} %" in measured[1]["text"]


def test_nothing_sticks_out(measured):
    for one in measured:
        assert one["needed"] <= one["shown"]
        for chart in one["charts"]:
            assert all(text["left"] >= chart["box"]["left"] - 1 for text in chart["texts"])
            assert all(text["right"] <= chart["box"]["right"] + 1 for text in chart["texts"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read_and_every_line_be_seen(browser, day, theme):
    html = page(day)
    assert "(prefers-color-scheme: dark)" in html
    if theme == "dark":
        html = html.replace("(prefers-color-scheme: dark)", "all")
    for one in measure(browser, html):
        assert [each for each in one["contrasts"] if each[1] < READABLE] == []
        assert [each for each in one["lines"] if each[1] < VISIBLE] == []


def test_it_works_offline_and_runs_nothing_whatever_the_file_is_called(browser):
    for one in measure(browser, page(game_day(HOSTILE))):
        assert (one["loads"], one["runs"]) == (0, 0)
        assert HOSTILE in one["text"]
        assert one["needed"] <= one["shown"]


def test_a_picture_for_people(browser, day, tmp_path):
    """``ECS_OPS_SCREENSHOTS=folder`` keeps what the page looks like."""
    folder = Path(os.environ.get("ECS_OPS_SCREENSHOTS", tmp_path))
    shot = browser.screenshot(page(day), folder / "gameday-queue.png", (1100, 1500))
    assert shot.stat().st_size > 10_000
