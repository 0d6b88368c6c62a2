"""The widget's HTML: what it says, and that nothing it shows can break it."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import columns
from dashboard.columns import Column, lasted
from dashboard.fleet import SpotDay
from dashboard.page import page
from dashboard.request import Request
from ecsops.markup import NOTHING, Html, escape, visible
from tests.unit.dashboard.services import NOW, deployment, row

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:ecs-ops-DashboardFunction"
DAY = SpotDay(native=(0,) * 20 + (3, 0, 5, 0), backstop=(0,) * 23 + (1,))
ALLOWED = {
    *("div", "style", "p", "span", "table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
    *("svg", "rect", "bdi", "a", "cwdb-action"),
}
HOSTILE = [
    "<script>pwned()</script>",
    '"><img src=x onerror=pwned()>',
    "' onmouseover='pwned()",
    "</style></div><iframe src=//evil>",
    "\u202egnp.exe\u2066\u200b",
    "&lt;b&gt;&amp;amp;",
    "x" * 5_000,
    "\x00\ud800\uffff",
    "名前 🎉 שם",
]


class Outline(HTMLParser):
    """Tags with attributes, and the text outside of style sheets."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("col", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def outline(*rows, notes=(), now=NOW, **request):
    return Outline(page(rows, notes, Request(**request), arn=ARN, now=now))


def headers(html):
    return re.findall(r'<th scope="col">([^<]*)</th>', html)


def test_the_first_sentence_says_whether_all_is_well():
    assert "All is well: 2 services · 8 of 8 tasks running" in outline(row("a"), row("b")).text
    text = outline(row("a"), row("b", runningCount=3), row("c", runningCount=0)).text
    assert text.startswith("2 of 3 services need a look")


def test_every_column_has_its_say():
    deploying = deployment(rolloutState="IN_PROGRESS", runningCount=1, failedTasks=2)
    tags = [{"key": "ecs-ops:spot-drain", "value": "dry-run"}]
    text = outline(
        row("web", day=DAY, deployments=[deploying, deployment(status="ACTIVE")], tags=tags)
    ).text
    for said in (
        *("web prod", "4/4", "100 %", "drain dry-run", "8 by ECS, 1 by toolkit"),
        *("in progress, 1/4 new tasks, 2 failed, 10 min",),
    ):
        assert said in text.replace("\N{NO-BREAK SPACE}", " ")


def test_columns_without_anything_to_say_are_not_shown():
    on_demand = [deployment(capacityProviderStrategy=[], launchType="FARGATE")]
    quiet = page([row(deployments=on_demand)], [], Request(), arn=ARN, now=NOW)
    assert headers(quiet) == ["Service", "State", "Tasks"]
    busy = page([row(day=DAY)], [], Request(), arn=ARN, now=NOW)
    assert headers(busy) == ["Service", "State", "Tasks", "On Spot", columns.COLUMNS[-1].title]


@pytest.mark.parametrize(("width", "shown"), [(300, 3), (600, 4), (1200, 5)])
def test_columns_that_do_not_fit_are_left_out(width, shown):
    assert len(headers(page([row(day=DAY)], [], Request(width=width), arn=ARN, now=NOW))) == shown


def test_a_new_column_is_one_more_object(monkeypatch):
    latency = Column("Latency", lambda row, now: escape(f"{len(row.service.name)} s"), share=10)
    monkeypatch.setattr(columns, "COLUMNS", (*columns.COLUMNS, latency))
    html = page([row("web")], [], Request(), arn=ARN, now=NOW)
    assert headers(html)[-1] == "Latency"
    assert "<td>3 s</td>" in html


def test_only_the_trouble_and_the_way_back():
    seen = outline(row("good"), row("bad", runningCount=0), only_trouble=True)
    assert "good" not in seen.text
    (action,) = [attrs for tag, attrs in seen.tags if tag == "cwdb-action"]
    assert action == {"action": "call", "display": "widget", "endpoint": ARN}
    assert json.loads(seen.texts[seen.texts.index("Show all") + 1])["only"] == "everything"
    assert "No service needs a look." in outline(row("good"), only_trouble=True).text


def test_the_button_follows_the_element_that_it_belongs_to():
    html = page([row(runningCount=0)], [], Request(cluster='a"<'), arn=ARN, now=NOW)
    assert re.search(r"</a><cwdb-action ", html)
    seen = Outline(html)
    parameters = json.loads(seen.texts[seen.texts.index("Show only these") + 1])
    assert parameters == {"cluster": 'a"<', "service": "*", "only": "trouble"}


def test_an_empty_account_and_a_filter_without_a_match_say_so():
    assert "There is no ECS service in this account" in outline().text
    assert (
        "No service matches cluster prod, service w*" in outline(cluster="prod", service="w*").text
    )


def test_notes_are_shown_above_what_could_be_read():
    text = outline(row("web"), notes=["The services of dev could not be read."]).text
    assert text.index("could not be read") < text.index("web prod")
    assert "no ECS service" not in outline(notes=["Nothing could be read."]).text


def test_the_healthiest_of_very_many_are_left_out_and_counted():
    rows = [row(f"s{number:04}") for number in range(600)]
    seen = outline(*rows, row("zzz", runningCount=0))
    assert "zzz" in seen.text
    assert "101 more services" in seen.text


def test_each_theme_has_its_own_colours_and_nothing_leaks():
    light, dark = (page([row()], [], Request(theme=t), arn=ARN, now=NOW) for t in ("light", "dark"))
    for html, own, other in ((light, "eo-light", "eo-dark"), (dark, "eo-dark", "eo-light")):
        rules = re.search(r"<style>(.*)</style>", html, re.DOTALL)[1]
        assert other not in html
        assert all(line.startswith(f".{own}") for line in rules.splitlines())
        assert "url(" not in rules
        assert "@import" not in rules
    assert 'class="cwdb-no-default-styles"' in light


def test_200_services_stay_far_below_the_limit_of_lambda():
    rows = [row(f"service-{number}", day=DAY) for number in range(200)]
    assert len(page(rows, [], Request(), arn=ARN, now=NOW)) < 600_000


def check_harmless(html):
    seen = Outline(html)
    assert seen.open == []
    assert {tag for tag, _ in seen.tags} <= ALLOWED
    for _, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
    assert re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008]", html) is None
    html.encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name):
    hostile = deployment(rolloutState="IN_PROGRESS", rolloutStateReason=name)
    tags = [{"key": "ecs-ops:spot-drain", "value": name}]
    rows = [row(name, deployments=[hostile], tags=tags, runningCount=0)]
    html = page(rows, [name], Request(cluster=name, service=name), arn=name, now=NOW)
    check_harmless(html)
    assert "pwned" not in " ".join(str(attrs.keys()) for _, attrs in Outline(html).tags)


anything = st.text() | st.sampled_from(HOSTILE) | st.lists(st.sampled_from(HOSTILE)).map("".join)


@settings(max_examples=200, deadline=None)
@given(anything, anything, anything)
def test_whatever_a_name_is_the_page_keeps_its_shape(name, reason, note):
    hostile = deployment(rolloutState="IN_PROGRESS", rolloutStateReason=reason)
    rows = [row(name, deployments=[hostile], runningCount=0)]
    html = page(rows, [note], Request(cluster=name, service=reason), arn=note, now=NOW)
    check_harmless(html)
    plain = [row("x", deployments=[deployment(rolloutState="IN_PROGRESS")], runningCount=0)]
    usual = Outline(page(plain, ["x"], Request(), arn="x", now=NOW))
    assert [tag for tag, _ in Outline(html).tags] == [tag for tag, _ in usual.tags]


@given(st.text())
def test_what_is_shown_can_be_seen_and_seeing_twice_changes_nothing(text):
    assert visible(visible(text)) == visible(text)
    if text.isascii() and text.isprintable():
        assert visible(text) == text


def test_only_what_says_that_it_is_html_passes_as_it_is():
    assert escape("<b>") == "&lt;b&gt;"
    assert escape(Html("<b>")) == "<b>"
    assert escape(NOTHING) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (59, "59 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_durations_read_well(seconds, text):
    assert lasted(seconds) == text
