"""Alerts, incidents and news as the tests need them."""

from alerts.incident import fold
from alerts.news import News
from ecsops.alerts import Alert

BEGAN = 1_767_603_600.0


def make_alert(**changes):
    return Alert(
        **{
            "incident": "deploy_guard/prod/web/d-1",
            "stage": "1",
            "severity": "warning",
            "state": "open",
            "at": BEGAN,
            "capability": "deploy_guard",
            "title": "prod/web: the deployment fails",
            "summary": "Tasks do not start.",
            "cluster": "prod",
            "service": "web",
            **changes,
        }
    )


def make_news(*alerts, action="open", number=1, key="k-1"):
    alerts = alerts or (make_alert(),)
    incident = fold(alerts[0].incident, alerts)
    return News(incident, action, incident.alerts, number, key)
