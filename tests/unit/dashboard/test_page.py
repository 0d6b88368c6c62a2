"""The widget's HTML: what it says, and that nothing it shows can break it."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import columns
from dashboard.fleet import SpotDay
from dashboard.grid import Column, lasted
from dashboard.jobs import Job
from dashboard.page import page
from dashboard.reading import Reading
from dashboard.request import Request
from ecsops.job_status import JobStatus, RunStatus
from ecsops.markup import NOTHING, Html, escape, visible
from ecsops.queue_status import QueueStatus
from ecsops.verdict_status import VerdictStatus
from tests.unit.dashboard.services import NOW, deployment, job, row

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


def outline(*rows, jobs=(), notes=(), now=NOW, **request):
    return Outline(page(Reading(rows, jobs, notes), Request(**request), arn=ARN, now=now))


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


def test_the_guards_verdict_is_told_with_its_cause_and_its_age():
    told = VerdictStatus("web:<b>2", "rolled back", NOW - 7_300, 'a "cause"')
    html = page(Reading([row(deployed=told)]), Request(), arn=ARN, now=NOW)
    assert "Verdict" in headers(html)
    assert "web:&lt;b&gt;2 rolled back" in html
    assert "2 h ago" in html
    assert "a &#34;cause&#34;" in html or "a &quot;cause&quot;" in html


def test_columns_without_anything_to_say_are_not_shown():
    on_demand = [deployment(capacityProviderStrategy=[], launchType="FARGATE")]
    quiet = page(Reading([row(deployments=on_demand)]), Request(), arn=ARN, now=NOW)
    assert headers(quiet) == ["Service", "State", "Tasks"]
    busy = page(Reading([row(day=DAY)]), Request(), arn=ARN, now=NOW)
    assert headers(busy) == ["Service", "State", "Tasks", "On Spot", columns.COLUMNS[-1].title]


@pytest.mark.parametrize(("width", "shown"), [(300, 3), (600, 4), (1200, 5)])
def test_columns_that_do_not_fit_are_left_out(width, shown):
    assert (
        len(headers(page(Reading([row(day=DAY)]), Request(width=width), arn=ARN, now=NOW))) == shown
    )


def test_a_new_column_is_one_more_object(monkeypatch):
    latency = Column("Latency", lambda row, now: escape(f"{len(row.service.name)} s"), share=10)
    monkeypatch.setattr(columns, "COLUMNS", (*columns.COLUMNS, latency))
    html = page(Reading([row("web")]), Request(), arn=ARN, now=NOW)
    assert headers(html)[-1] == "Latency"
    assert "<td>3 s</td>" in html


@pytest.mark.parametrize(
    ("queue", "said", "kind"),
    [
        (QueueStatus(12.4, 60.0, 4), "12 s of 60 s", "eo-bar-fine"),
        (QueueStatus(150.0, 60.0, 9), "2 min of 60 s , needs 9", "eo-bar-short"),
        (QueueStatus(float("inf"), 60.0, 4), "? of 60 s", "eo-bar-short"),
        (QueueStatus(0.0, 60.0, 4), "0 s of 60 s", None),
        (QueueStatus(0.0, 0.0, 0, "off", 1), "not scaled", None),
    ],
)
def test_what_a_message_waits_stands_against_its_slo(queue, said, kind):
    html = page(Reading([row(queue=queue)]), Request(), arn=ARN, now=NOW)
    assert "Queue latency of SLO" in headers(html)
    cell = re.findall(r"<td>(.*?)</td>", html)[headers(html).index("Queue latency of SLO")]
    assert said in " ".join(re.sub(r"<[^>]+>", " ", cell).split())
    drawn = re.findall(r'<rect class="(eo-bar-\w+)"', cell)
    assert drawn == ([kind] if kind else [])


def test_the_bar_is_as_long_as_the_share_of_the_slo_that_is_used():
    def drawn(seconds):
        seen = outline(row(queue=QueueStatus(seconds, 60.0, 4)))
        return [
            float(attrs["width"])
            for tag, attrs in seen.tags
            if tag == "rect" and attrs["class"] in ("eo-bar-fine", "eo-bar-short")
        ][-1]

    assert drawn(30.0) == drawn(60.0) / 2
    assert drawn(600.0) == drawn(60.0)


def test_jobs_have_a_table_of_their_own_with_the_trouble_first():
    jobs = [
        job("backup", "succeeded", "succeeded"),
        job("nightly", "succeeded", "failed", shards=40, failed_shards=3),
        job("sync", "succeeded", "succeeded", "missed"),
        job("hourly", "failed", "running"),
        job("later", "succeeded", "running"),
        job("held", "succeeded", paused=True),
        Job("new", JobStatus("prod")),
    ]
    seen = outline(row(), jobs=jobs)
    text = seen.text
    assert text.startswith("3 of 7 jobs need a look")
    order = [
        text.index(f"{each} prod") for each in ("hourly", "nightly", "sync", "later", "backup")
    ]
    assert order == sorted(order)
    for said in (
        *("failed, 3 of 40 shards", "60 min ago, took 11 min", "▲ missed", "1 ok, 1 failed"),
        *("2 ok, 1 missed", "◐ running", "● paused", "● no run yet"),
    ):
        assert said in text


@pytest.mark.parametrize("after", ["cancelled", "skipped"])
def test_a_run_that_says_nothing_of_the_job_hides_no_failure_before_it(after):
    assert "▲ failed" in outline(jobs=[job("nightly", "failed", after)]).text
    assert f"● {after}" in outline(jobs=[job("nightly", "succeeded", after)]).text


def test_a_sparkline_shows_the_last_runs_oldest_first_as_high_as_they_took_long():
    runs = job("nightly", "succeeded", "failed", "missed", "cancelled", took_s=60.0)
    html = page(Reading([], [runs]), Request(), arn=ARN, now=NOW)
    drawn = re.findall(
        r'<rect class="(eo-\w+)" x="(\d+)" y="[^"]*" width="3" height="([^"]+)"', html
    )
    assert [(kind, int(left)) for kind, left, _ in drawn] == [
        *(("eo-native", 0), ("eo-stuck", 4), ("eo-backstop", 8), ("eo-other", 12)),
    ]
    assert [float(height) for *_, height in drawn] == [4.0, 8.0, 12.0, 16.0]


def test_a_run_without_a_duration_is_seen_and_one_that_lasts_grows():
    def heights(*states, **fields):
        html = page(Reading([], [job("j", *states, **fields)]), Request(), arn=ARN, now=NOW)
        found = re.findall(r'width="3" height="([^"]+)"', html)
        return [float(height) for height in found]

    assert min(heights("missed", "missed", took_s=0.0)) > 0
    # An hour by now, against ten minutes before.
    assert heights("succeeded", "running") == pytest.approx([16 * 600 / 3600, 16.0], rel=1e-4)
    assert heights("succeeded", "running", took_s=float("nan"))


def test_jobs_alone_are_no_empty_account():
    text = outline(jobs=[job("nightly", "succeeded")]).text
    assert text.startswith("All is well: 1 job")
    assert "no ECS service" not in text
    both = outline(row(), jobs=[job("nightly", "succeeded")]).text
    assert both.startswith("All is well: 1 service and 1 job")


def test_only_the_trouble_leaves_out_the_jobs_that_are_well():
    jobs = [job("good", "succeeded"), job("bad", "failed")]
    text = outline(row("web"), jobs=jobs, only_trouble=True).text
    assert "bad prod" in text
    assert "good prod" not in text


def test_the_healthiest_of_very_many_jobs_are_left_out_and_counted():
    jobs = [job(f"j{number:03}", "succeeded") for number in range(250)]
    text = outline(jobs=[*jobs, job("zzz", "failed")]).text
    assert "zzz prod" in text
    assert "51 more jobs" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_jobs_are_text(name):
    hostile = Job(name, JobStatus(name, (RunStatus(name, name, NOW - 60, 5.0),)))
    check_harmless(page(Reading([row()], [hostile]), Request(), arn=ARN, now=NOW))


def test_only_the_trouble_and_the_way_back():
    seen = outline(row("good"), row("bad", runningCount=0), only_trouble=True)
    assert "good" not in seen.text
    (action,) = [attrs for tag, attrs in seen.tags if tag == "cwdb-action"]
    assert action == {"action": "call", "display": "widget", "endpoint": ARN}
    assert json.loads(seen.texts[seen.texts.index("Show all") + 1])["only"] == "everything"
    assert "No service needs a look." in outline(row("good"), only_trouble=True).text


def test_the_button_follows_the_element_that_it_belongs_to():
    html = page(Reading([row(runningCount=0)]), Request(cluster='a"<'), arn=ARN, now=NOW)
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
    light, dark = (
        page(Reading([row()]), Request(theme=t), arn=ARN, now=NOW) for t in ("light", "dark")
    )
    for html, own, other in ((light, "eo-light", "eo-dark"), (dark, "eo-dark", "eo-light")):
        rules = re.search(r"<style>(.*)</style>", html, re.DOTALL)[1]
        assert other not in html
        assert all(line.startswith(f".{own}") for line in rules.splitlines())
        assert "url(" not in rules
        assert "@import" not in rules
    assert 'class="cwdb-no-default-styles"' in light


def test_200_services_stay_far_below_the_limit_of_lambda():
    rows = [row(f"service-{number}", day=DAY) for number in range(200)]
    assert len(page(Reading(rows), Request(), arn=ARN, now=NOW)) < 600_000


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
    html = page(Reading(rows, notes=[name]), Request(cluster=name, service=name), arn=name, now=NOW)
    check_harmless(html)
    assert "pwned" not in " ".join(str(attrs.keys()) for _, attrs in Outline(html).tags)


anything = st.text() | st.sampled_from(HOSTILE) | st.lists(st.sampled_from(HOSTILE)).map("".join)


@settings(max_examples=200, deadline=None)
@given(anything, anything, anything)
def test_whatever_a_name_is_the_page_keeps_its_shape(name, reason, note):
    hostile = deployment(rolloutState="IN_PROGRESS", rolloutStateReason=reason)
    rows = [row(name, deployments=[hostile], runningCount=0)]
    html = page(
        Reading(rows, notes=[note]), Request(cluster=name, service=reason), arn=note, now=NOW
    )
    check_harmless(html)
    plain = [row("x", deployments=[deployment(rolloutState="IN_PROGRESS")], runningCount=0)]
    usual = Outline(page(Reading(plain, notes=["x"]), Request(), arn="x", now=NOW))
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
