"""Title and text for Apprise: short, because the smallest of its services cuts or refuses."""

import pytest

from alerts.renderers import apprise_text
from tests.unit.alerts.builders import BEGAN, make_alert, make_news


def test_title_and_body_do_not_repeat_each_other():
    news = make_news()
    assert apprise_text.title(news) == "[warning] prod/web: the deployment fails"
    assert apprise_text.body(news).startswith("Tasks do not start.")


def test_both_are_short_and_visibly_cut():
    news = make_news(make_alert(title="t" * 5_000, summary="s" * 5_000))
    assert len(apprise_text.title(news)) == 240
    assert len(apprise_text.body(news)) == 3_500
    assert apprise_text.body(news).endswith("...")


@pytest.mark.parametrize(
    ("severity", "state", "kind"),
    [
        ("critical", "open", "failure"),
        ("warning", "update", "warning"),
        ("info", "open", "info"),
        ("critical", "resolved", "success"),
    ],
)
def test_the_kind_is_one_of_apprises_own(severity, state, kind):
    alert = make_alert(severity=severity, state=state, at=BEGAN)
    assert apprise_text.notify_type(make_news(alert)) == kind
