"""The service's tag decides who is told: from Spot's notice through both functions to the sink."""

from __future__ import annotations

import json

from sandbox.sinks.webhook import FakeWebhook
from tests.integration.conftest import web

ROUTES = """
sinks: {payments-team: {type: webhook, secret: hook}}
routes: [{match: {tag: payments}, to: [payments-team]}]
default: [sns]
"""


def test_a_tag_route_matches_the_alerts_of_spot_draining(operate):
    tags = {"ecs-ops:alerts": "payments"}
    world = operate([web("pay", tags=tags), web("shop")])
    with FakeWebhook() as hook:
        world.account.client("secretsmanager").put_secret_value(
            SecretId=world.stack.ref("AlertsSecret"), SecretString=json.dumps({"hook": hook.url})
        )
        world.account.client("ssm").put_parameter(
            Name=world.stack.ref("RoutesParameter"), Value=ROUTES, Overwrite=True
        )

        world.account.ecs.interrupt([world.tasks("pay")[0], world.tasks("shop")[0]])
        world.account.run_for(200)

        (document,) = hook.documents.values()
    assert document["alert"]["service"] == "pay"
    assert document["alert"]["route"] == "payments"
    (mail,) = world.mails()
    assert "prod/shop" in mail["Subject"]
