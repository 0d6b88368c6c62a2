"""What is kept of a task definition is as much as an alert needs, and no secret."""

import msgspec

from deploy_guard.difference import Change
from deploy_guard.failures import essentials
from deploy_guard.ledger import without_outlines
from deploy_guard.model import Heard, Ledger, Outcome
from deploy_guard.outline import Outline, outline
from tests.unit.deploy_guard.situations import SERVICE, row

NOW = 1_000.0
OPTIONS = {"awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1"}
DEFINITION = {
    "containerDefinitions": [
        {
            "name": "web",
            "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": OPTIONS | {"awslogs-stream-prefix": "app", "mode": "non-blocking"},
            },
        },
        {"name": "proxy", "essential": False},
        {
            "name": "shipper",
            "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "hunter2"}},
        },
    ]
}


def test_it_says_what_is_essential_and_where_logs_are_as_the_definition_does():
    kept = outline(DEFINITION, {}, NOW)
    assert essentials(kept.shape) == essentials(DEFINITION) == kept.essential
    web, proxy, shipper = kept.shape["containerDefinitions"]
    assert web["logConfiguration"]["options"] == OPTIONS | {"awslogs-stream-prefix": "app"}
    assert "logConfiguration" not in proxy
    assert shipper["logConfiguration"] == {"logDriver": "splunk", "options": {}}


def test_s20_neither_values_nor_tokens_nor_tags_of_others_are_kept():
    tags = {"ecs-ops:irreversible": "true", "owner": "hunter2"}
    kept = outline(DEFINITION, tags, NOW)
    assert b"hunter2" not in msgspec.json.encode(kept)
    assert kept.tags == {"ecs-ops:irreversible": "true"}


def test_more_changes_than_an_item_should_hold_are_not_kept():
    one = (Change("app image", "a", "b"),)
    assert Outline(NOW).compared(one).changes == one
    assert Outline(NOW).compared(one * 61).changes is None


def test_it_goes_when_people_have_been_told_or_nothing_can_come_any_more():
    kept = {"outline": outline(DEFINITION, {}, NOW), "heard": Heard(log_lines=("x",))}
    rows = (
        row(43, **kept),
        row(42, outcome=Outcome.FAILED, failed_at=NOW, **kept),
        row(41, outcome=Outcome.SUPERSEDED, **kept),
    )
    left = without_outlines(Ledger(SERVICE, rows))
    assert [one.outline is not None for one in left.deployments] == [True, False, False]
    assert all(one.heard.log_lines == ("x",) for one in left.deployments)
