"""A cover follows its primary's deployments, of the same task definition too, and no rollback."""

from __future__ import annotations

import pytest

from spot_fallback.model import Cover, Evidence
from spot_fallback.plan import plan
from tests.unit.spot_fallback.shapes import NOW, absent, moment, primary, shadow

R1, R2 = (f"arn:aws:ecs:eu-west-1:123456789012:service-revision/prod/web/{n}" for n in (1, 2))
TAGS = {"ecs-ops:freeze": "2100-01-01T00:00:00Z"}


def deployment(at, state="COMPLETED"):
    return [{"status": "PRIMARY", "rolloutState": state, "createdAt": moment(at)}]


def web(revision, at, state="COMPLETED", **more):
    revisions = [{"arn": revision}] if revision else []
    shape = {"deployments": deployment(at, state), "currentServiceRevisions": revisions}
    return primary(10, **shape, **more)


def looked(one, cover_at, cover, desired=0):
    found = shadow(desired, deployments=deployment(cover_at)) if cover_at else absent()
    return plan(one, found, cover, Evidence(), NOW, dry_run=False)


def forced(result):
    return [action.changes.get("forceNewDeployment") for action in result.actions]


@pytest.mark.parametrize("desired", [0, 4])
def test_a_deployment_of_the_same_task_definition_is_followed_once(desired):
    one = web(R2, NOW - 600)
    first = looked(one, NOW - 900, Cover(target=desired, follows=R1), desired)
    assert forced(first) == [True]
    assert first.cover.follows == R1, "not before it is seen"
    again = looked(one, NOW - 60, first.cover, desired)
    assert (again.actions, again.cover.follows) == ((), R2)


def test_a_rollback_is_none():
    assert looked(web(R1, NOW - 600), NOW - 900, Cover(follows=R1)).actions == ()


def test_what_was_made_after_its_primarys_deployment_follows_it():
    result = looked(web(R1, NOW - 600), NOW - 600, Cover())
    assert (result.actions, result.cover.follows) == ((), R1)


@pytest.mark.parametrize(
    "one",
    [web(R2, NOW - 600, "IN_PROGRESS"), web(R2, NOW - 600, tags=TAGS), web("", NOW - 600)],
    ids=["deploying", "frozen", "no revision told"],
)
def test_it_waits_for_the_deployments_end_and_a_freezes(one):
    result = looked(one, NOW - 900, Cover(follows=R1))
    assert (result.actions, result.cover.follows) == ((), R1)


def test_no_cover_follows_nothing():
    result = looked(web(R2, NOW - 600), None, Cover(follows=R1))
    assert (result.actions, result.cover.follows) == ((), R1)
