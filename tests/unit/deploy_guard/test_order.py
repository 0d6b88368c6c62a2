"""The messages from the observer to the executor."""

import pytest

from deploy_guard import order
from deploy_guard.actions import AnswerHooks, StopDeployment, UpdateService
from deploy_guard.model import Image, Version
from ecsops.errors import InvalidMessage

SERVICE = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"
DEPLOYMENT = "arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/web/abc"


def ordered(action, **fields):
    given = {
        "service": SERVICE,
        "deployment": DEPLOYMENT,
        "kind": "act",
        "action": action,
        "mode": "auto",
        "reason": "the tag ecs-ops:rollback says auto",
        "cause": "IMAGE_NOT_FOUND",
        "incident": f"deploy_guard:{SERVICE}:abc",
        "decided_at": 1000.5,
    }
    return order.Order(**(given | fields))


@pytest.mark.parametrize(
    "action",
    [
        StopDeployment(DEPLOYMENT),
        AnswerHooks(DEPLOYMENT, ("h1", "h2")),
        UpdateService("prod", "web", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:41"),
    ],
)
def test_an_order_is_read_as_it_was_sent(action):
    version = Version("web:41", (Image("app", "repo/app:v1", "sha256:1"),), "hash")
    sent = ordered(action, target=version)
    assert order.read(order.encode(sent)) == sent


def test_an_order_that_a_later_version_extends_is_still_read():
    body = order.encode(ordered(StopDeployment(DEPLOYMENT)))
    extended = body[:-1] + ',"priority":3}'
    assert order.read(extended) == ordered(StopDeployment(DEPLOYMENT))


def test_what_is_no_order_is_refused_with_the_field():
    with pytest.raises(InvalidMessage, match=r"\$\.service"):
        order.read('{"deploy_guard":"order","deployment":"x"}')
