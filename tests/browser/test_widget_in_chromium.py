"""The widget as a browser shows it: nothing sticks out, everything can be read, nothing runs."""

import os
from pathlib import Path

import pytest

from dashboard.fleet import SpotDay
from dashboard.jobs import Job
from dashboard.page import page
from dashboard.reading import Reading
from dashboard.request import Request
from ecsops.job_status import JobStatus, RunStatus
from ecsops.queue_status import QueueStatus
from tests.browser.measured_page import measured_page
from tests.unit.dashboard.services import NOW, deployment, job, row

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:ecs-ops-DashboardFunction"
WIDTHS = (300, 600, 1200, 2000)
THEMES = ("light", "dark")
READABLE, RECOGNISABLE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
TAGS = {
    *("div", "style", "p", "span", "table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
    *("svg", "rect", "bdi", "a", "cwdb-action"),
}
DAY = SpotDay(
    native=(0, 2, 4, 1, 0, 0, 0, 9, 7, 3, 1, 0) * 2, backstop=(0, 1) * 12, stuck=(0,) * 23 + (2,)
)
HOSTILE = [
    "<script>pwned('script')</script>",
    '"><img src=x onerror="pwned(\'image\')">',
    "</style><svg onload=pwned('svg')>",
    "<iframe srcdoc='<script>parent.pwned(1)</script>'>",
    "<a href=\"javascript:pwned('link')\">click</a>",
    "</cwdb-action></div></div><b>",
    "\u202egnp.exe\u2066",
    "W" * 255,
    "名前" * 60,
    "a-very-long-service-name-" * 8,
]


def busy_fleet():
    ongoing = deployment(
        rolloutState="IN_PROGRESS", runningCount=1, failedTasks=3, rolloutStateReason="in progress."
    )
    both = [
        deployment(),
        deployment(capacityProviderStrategy=[], launchType="FARGATE", status="ACTIVE"),
    ]
    return [
        row("checkout", runningCount=0),
        row("catalogue", deployments=[ongoing, deployment(status="ACTIVE")], day=DAY),
        row("orders-worker", runningCount=2, pendingCount=1, queue=QueueStatus(480.0, 60.0, 9)),
        row("search", deployments=[deployment(rolloutState="FAILED")]),
        row("web-frontend-eu-west-1-blue", day=DAY, queue=QueueStatus(7.0, 300.0, 4)),
        row("mixed", deployments=both),
        row("nightly", desiredCount=0, runningCount=0, deployments=[]),
        *(row(f"service-{number}", "staging-cluster-with-a-long-name") for number in range(8)),
    ]


def busy_jobs():
    return [
        job("nightly-report", *("succeeded",) * 17, "failed", "missed", "cancelled"),
        job("import", "succeeded", "running", cluster="staging-cluster-with-a-long-name"),
        job("backup", "failed", shards=400, failed_shards=17, late_s=900.0),
    ]


def hostile_jobs():
    return [
        Job(name, JobStatus(name, (RunStatus(name, name, NOW - 90, 5.0, late_s=1e300),)))
        for name in HOSTILE
    ]


def hostile_fleet():
    return [
        row(
            name,
            name,
            runningCount=0,
            day=DAY,
            deployments=[deployment(rolloutState="IN_PROGRESS", rolloutStateReason=name)],
            tags=[{"key": "ecs-ops:spot-drain", "value": name}],
        )
        for name in HOSTILE
    ]


def widgets(rows, jobs, theme, notes=()):
    return [
        (
            width,
            page(Reading(rows, jobs, notes), Request(width=width, theme=theme), arn=ARN, now=NOW),
        )
        for width in WIDTHS
    ]


def measure(browser, rows, jobs, theme, notes=()):
    return browser.measure(measured_page(widgets(rows, jobs, theme, notes), theme))


@pytest.fixture(scope="module", params=THEMES)
def busy(request, browser):
    notes = ["The services of dev could not be read (ListServices: AccessDeniedException)."]
    return measure(browser, busy_fleet(), busy_jobs(), request.param, notes)["widgets"]


@pytest.fixture(scope="module", params=THEMES)
def hostile(request, browser):
    return measure(browser, hostile_fleet(), hostile_jobs(), request.param, HOSTILE)


def test_the_content_is_there_at_every_width(busy):
    assert [widget["width"] for widget in busy] == list(WIDTHS)
    for widget in busy:
        assert "5 of 15 services need a look" in widget["text"]
        assert "nothing is running" in widget["text"]
        assert widget["text"].index("checkout") < widget["text"].index("service-0")
    assert "in progress, 1/4 new tasks, 3 failed, 10 min" in busy[-1]["text"]
    assert "by toolkit" in busy[-1]["text"]
    assert "8 min of 60 s, needs 9" in busy[-1]["text"]
    assert "failed, 17 of 400 shards" in busy[-1]["text"]


def test_nothing_sticks_out(busy):
    for widget in busy:
        assert widget["beyond"] == []
        assert widget["needed"] <= widget["width"]


def test_every_text_can_be_read(busy):
    for widget in busy:
        assert len(widget["contrasts"]) > 40
        assert [one for one in widget["contrasts"] if one["ratio"] < READABLE] == []


def test_every_picture_can_be_recognised(busy):
    for widget in busy:
        assert len(widget["pictures"]) > 10
        assert min(widget["pictures"]) >= RECOGNISABLE


def test_rows_are_a_line_where_there_is_room(busy):
    assert max(busy[-1]["row"]) < 32


def test_the_consoles_own_table_styles_are_off(busy):
    assert {widget["font"] for widget in busy} == {"13px"}


def test_hostile_names_are_shown_and_inert(hostile):
    assert hostile["pwned"] is None
    for widget in hostile["widgets"]:
        assert set(widget["tags"]) <= TAGS
        assert widget["handlers"] == 0
        assert "<script>pwned('script')</script>" in widget["text"].replace("\n", "")


def test_hostile_names_do_not_stick_out(hostile):
    for widget in hostile["widgets"]:
        assert widget["beyond"] == []
        assert widget["needed"] <= widget["width"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("fleet", "jobs"), [(busy_fleet, busy_jobs), (hostile_fleet, hostile_jobs)]
)
def test_a_picture_can_be_taken(browser, tmp_path, theme, fleet, jobs):
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    picture = folder / f"{fleet.__name__}-{theme}.png"
    html = measured_page(widgets(fleet(), jobs(), theme), theme).replace(
        "document.body.append(result);", ""
    )
    browser.screenshot(html, picture, (2040, 1900))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
