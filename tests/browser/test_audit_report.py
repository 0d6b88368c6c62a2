"""The audit's HTML report as a browser shows it: to scale, readable, on its own, and nothing in it runs."""

import os
from html import escape
from pathlib import Path

import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unresolved
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry
from audit.report.html import html
from audit.report.report import Report, of_resources
from tests.unit.audit.case import changed
from tests.unit.audit.clean import graph_of, world

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = (360, 800, 1400)
READABLE = 4.5  # WCAG 2.2, 1.4.3
HOSTILE = [
    "<script>parent.pwned('script')</script>",
    '"><img src=x onerror="parent.pwned(1)">',
    "</title></style><svg onload=parent.pwned(2)>",
    "W" * 300,
    "\u202egnp.exe",
]
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
const saysSomething = (element) =>
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
      contrasts: shown.filter((each) => saysSomething(each) && each.tagName !== "title")
        .map((each) => [each.textContent.slice(0, 40), ratio(colour(each), ground)]),
      pictures: [...page.querySelectorAll("svg")].map((svg) => ({
        title: svg.querySelector("title").textContent,
        box: svg.getBoundingClientRect().toJSON(),
        bars: [...svg.querySelectorAll("rect")].map((bar) => ({
          seconds: Number(bar.dataset.seconds), kind: bar.getAttribute("class"),
          box: bar.getBoundingClientRect().toJSON(),
        })),
        texts: [...svg.querySelectorAll("text")].map((text) => text.getBoundingClientRect().toJSON()),
        limit: [...svg.querySelectorAll("line.limit")].map((line) => line.getBoundingClientRect().x),
      })),
    };
  });
  const result = document.createElement("pre");
  result.id = "measured";
  result.textContent = JSON.stringify({pages: measured, pwned: window.pwnedBy || null});
  document.body.append(result);
});
"""
TRAP = "window.pwned = (how) => { window.pwnedBy = how || 'somebody'; };"


def page_of(*changes):
    graph = graph_of(changed(world(), changes))
    entries = tuple(Entry(each) for each in evaluate(graph, all_rules()))
    return html(Report(entries, of_resources(each.kind for each in graph)), graph)


SLOW = (
    (TargetGroup, "Attributes[0].Value", "300"),
    (TaskDefinition, "containerDefinitions[0].stopTimeout", 120),
    (TaskDefinition, "containerDefinitions[1].stopTimeout", 45),
)


def measure(browser, page):
    frames = "".join(
        f'<iframe width="{width}" height="900" srcdoc="{escape(page)}"></iframe>'
        for width in WIDTHS
    )
    measured = browser.measure(
        f"<!doctype html><script>{TRAP}</script>{frames}<script>{SCRIPT}</script>"
    )
    assert measured["pwned"] is None
    return measured["pages"]


@pytest.fixture(scope="module")
def slow(browser):
    return measure(browser, page_of(*SLOW))


def test_a_second_has_the_same_width_in_every_bar(slow):
    for page in slow:
        for picture in page["pictures"]:
            widths = [
                bar["box"]["width"] / bar["seconds"]
                for bar in picture["bars"]
                if bar["seconds"] > 5
            ]
            assert max(widths) == pytest.approx(min(widths), rel=0.01), picture["title"]


def test_stopping_begins_where_draining_ends(slow):
    replaced = slow[1]["pictures"][0]
    drain, app, agent = (bar["box"] for bar in replaced["bars"])
    assert [bar["seconds"] for bar in replaced["bars"]] == [300, 120, 45]
    assert app["x"] == pytest.approx(drain["x"] + drain["width"], abs=0.5)
    assert agent["x"] == pytest.approx(app["x"] + app["width"], abs=0.5)


def test_what_goes_beyond_the_two_minutes_crosses_the_line(slow):
    spot = slow[1]["pictures"][1]
    _, app, agent = spot["bars"]
    (limit,) = spot["limit"]
    assert app["box"]["x"] + app["box"]["width"] == pytest.approx(limit, abs=1)
    assert [bar["kind"] for bar in spot["bars"]] == ["drain late", "stop", "stop late"]
    assert agent["box"]["x"] + agent["box"]["width"] > limit


@pytest.mark.parametrize("index", range(len(WIDTHS)), ids=map(str, WIDTHS))
def test_nothing_sticks_out(slow, index):
    page = slow[index]
    assert page["needed"] <= page["shown"]
    for picture in page["pictures"]:
        box = picture["box"]
        for text in picture["texts"]:
            assert text["left"] >= box["left"] - 1
            assert text["right"] <= box["right"] + 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read(browser, theme):
    page = page_of(*SLOW)
    if theme == "dark":
        page = page.replace("(prefers-color-scheme: dark)", "all")
    for measured in measure(browser, page):
        assert [(text, ratio) for text, ratio in measured["contrasts"] if ratio < READABLE] == []


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:12])
def test_names_break_nothing_and_run_nothing(browser, name):
    page = page_of(
        (TaskDefinition, "containerDefinitions[0].name", name),
        (Service, "serviceName", name),
        (Service, "serviceArn", name),
        (TargetGroup, "TargetGroupName", name),
        *SLOW,
    )
    for measured in measure(browser, page):
        assert measured["runs"] == 0
        assert measured["loads"] == 0
        assert measured["needed"] <= measured["shown"]


def test_a_timeline_that_cannot_be_drawn_says_why(browser):
    page = page_of((TargetGroup, "Attributes", Unresolved("AccessDenied")))
    assert "Not drawn: AccessDenied." in measure(browser, page)[1]["text"]


def test_a_picture_for_people(browser, tmp_path):
    """``ECS_OPS_SCREENSHOTS=folder`` keeps what the page looks like."""
    folder = Path(os.environ.get("ECS_OPS_SCREENSHOTS", tmp_path))
    shot = browser.screenshot(page_of(*SLOW), folder / "audit-report.png", (1000, 1400))
    assert shot.stat().st_size > 10_000
