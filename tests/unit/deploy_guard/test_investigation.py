"""When a second witness is asked, what is remembered of it, and what is read once."""

import threading

import pytest

from deploy_guard import investigation
from deploy_guard.advice import Definition
from deploy_guard.causes import Diagnosis
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.log_lines import LogLines, Place
from deploy_guard.evidence.registry import ImageName, Registry
from deploy_guard.investigation import (
    Investigator,
    heard,
    wants_outline,
    wants_witness,
    with_definitions,
)
from deploy_guard.model import Heard, Ledger, Outcome
from deploy_guard.outline import outline
from ecsops.errors import CallFailed
from tests.unit.deploy_guard.builders import never_started
from tests.unit.deploy_guard.situations import (
    SERVICE,
    changed,
    definition,
    reality,
    revision_arn,
    row,
    version,
)

NOW = 1_000.0
IMAGE = ImageName("123456789012", "eu-west-1", "web", "v9", None)
PLACE = Place("eu-west-1", "/ecs/web", "app/web/1")


class Adviser:
    """Reads definitions; those in ``refuse`` may not be read. Of ``shown`` revisions ECS tells."""

    def __init__(self, *refuse, shown=()):
        self.read_at, self.asked, self.refuse, self.shown = {}, [], refuse, shown

    @property
    def reader(self):
        return self

    @property
    def revisions(self):
        return self

    def shapes(self, arns):
        if self.shown is None:
            raise CallFailed("DescribeServiceRevisions", "ThrottlingException", "slow")
        return {one: revision(one) for one in arns if one in self.shown}

    def definition(self, arn):
        self.asked.append(arn)
        if arn in self.refuse:
            raise CallFailed("DescribeTaskDefinition", "AccessDenied", arn)
        return shaped(memory=int(arn[-2:]))


def revision(arn):
    subnets = {"awsvpcConfiguration": {"subnets": [f"subnet-{arn[-2:]}"]}}
    return {"serviceRevisionArn": arn, "networkConfiguration": subnets}


def shaped(**container):
    return Definition({"containerDefinitions": [{"name": "app", "image": "web:1"} | container]}, {})


@pytest.mark.parametrize(
    ("diagnosis", "wanted"),
    [
        (Diagnosis("IMAGE_NOT_FOUND", 1, 1, 1, task_arn="t"), True),
        (Diagnosis("IMAGE_PULL", 1, 1, 1, task_arn="t"), True),
        (Diagnosis("IMAGE_NOT_FOUND", 1, 1, 1, task_arn="t", confirmed=True), False),
        (Diagnosis("APP_EXIT", 1, 1, 1, task_arn="t"), False),
        (Diagnosis("APP_EXIT", 2, 2, 2, task_arn="t"), True),
        (Diagnosis("APP_EXIT", 3, 3, 3, task_arn="t"), False),
        (Diagnosis("SECRET_MISSING", 2, 2, 2, task_arn="t"), False),
        (Diagnosis("IMAGE_NOT_FOUND", 0, 0, 0), False),
    ],
)
def test_a_witness_is_asked_where_it_can_settle_the_matter(diagnosis, wanted):
    assert wants_witness(row(), diagnosis) is wanted


def test_a_witness_that_was_heard_is_not_asked_again():
    diagnosis = Diagnosis("IMAGE_NOT_FOUND", 1, 1, 1, task_arn="t")
    assert not wants_witness(row(heard=Heard()), diagnosis)


def test_what_was_heard_is_remembered():
    lines = LogLines(PLACE, "app", ("starting", "KeyError: 'X'"))
    told = Evidence(registry=Registry(IMAGE, exists=False), logs=lines)
    assert heard(told) == Heard(image_exists=False, log_lines=("KeyError: 'X'",), logs=lines)
    assert heard(Evidence()) == Heard()


def test_a_definition_is_read_once_in_five_minutes():
    adviser = Adviser()
    investigator = Investigator(adviser, None)
    for now in (NOW, NOW + 299, NOW + 301):
        investigator.definition(definition(43), now)
    assert len(adviser.asked) == 2


def test_one_that_was_read_for_the_decision_is_not_read_again():
    adviser = Adviser()
    adviser.read_at[definition(43)] = NOW, shaped()
    Investigator(adviser, None).definition(definition(43), NOW + 1)
    assert adviser.asked == []


def test_a_definition_that_may_not_be_read_is_left_out():
    found = Investigator(Adviser(definition(42)), None).definitions(
        [definition(42), definition(43), ""], NOW
    )
    assert set(found) == {definition(43)}


def test_s21_a_definition_that_was_not_read_is_not_asked_for_again_in_the_same_look():
    adviser = Adviser(definition(42))
    investigator = Investigator(adviser, None)
    for now in (NOW, NOW, NOW + 29, NOW + 30):
        assert investigator.definitions([definition(42)], now) == {}
    assert len(adviser.asked) == 2


def test_s21_a_definition_that_comes_too_late_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(investigation, "_BUDGET_S", 0.05)
    over = threading.Event()

    class Slow(Adviser):
        def definition(self, arn):
            if arn == definition(42):
                over.wait(20)
            return super().definition(arn)

    wanted = [definition(42), definition(43)]
    found = Investigator(Slow(), None).definitions(wanted, NOW)
    assert set(found) == {definition(43)}
    assert not over.is_set()
    over.set()


def test_definitions_tell_what_is_essential_and_what_a_version_contains():
    bare = changed(version(43), content_hash=None)
    task = never_started("x", task_arn="t", task_definition=definition(43))
    ledger = Ledger(SERVICE, (row(target=bare),), failures=(task,))
    found = with_definitions(ledger, {definition(43): shaped(essential=False)})
    assert found.deployments[0].target.content_hash
    assert [one.essential for one in found.failures[0].containers] == [False]
    other = with_definitions(ledger, {definition(43): shaped(command=["serve"])})
    assert other.deployments[0].target.content_hash != found.deployments[0].target.content_hash


def begun(adviser, now=NOW, known=None):
    """A row as the look that sees it first leaves it."""
    investigator = Investigator(adviser, None)
    wanted = [definition(42), definition(43)]
    found = investigator.definitions(wanted, now)
    return investigator.with_outline(known or row(), found, reality(), now)


def test_what_an_alert_needs_is_read_when_the_deployment_begins():
    kept, later = begun(Adviser()), Adviser()
    investigator = Investigator(later, None)
    changes, unread = investigator.changes(version(42), changed(kept), reality(), NOW + 5_000)
    assert [one.field for one in changes] == ["app image", "app memory"]
    assert unread == ()
    assert investigator.outlined(kept, NOW + 899) is not None
    assert later.asked == []


def test_tags_are_read_again_when_they_are_a_quarter_of_an_hour_old():
    kept, later = begun(Adviser()), Adviser()
    Investigator(later, None).outlined(kept, NOW + 900)
    assert later.asked == [definition(43)]


def test_what_could_not_be_read_then_is_read_when_it_is_needed():
    assert begun(Adviser(definition(43))).outline is None
    half = begun(Adviser(definition(42)))
    assert half.outline.changes is None
    later = Adviser()
    Investigator(later, None).changes(version(42), half, reality(), NOW)
    assert later.asked == [definition(42), definition(43)]


REVISIONS = [revision_arn(42), revision_arn(43)]


@pytest.mark.parametrize(
    ("shown", "kept"), [(REVISIONS, True), (REVISIONS[1:], False), ([], False), (None, False)]
)
def test_a_comparison_is_kept_if_all_of_it_could_be_read(shown, kept):
    old, new = (changed(version(n), revision_arn=revision_arn(n)) for n in (42, 43))
    found = begun(Adviser(shown=shown), known=changed(row(target=new), source=old))
    assert (found.outline.changes is not None) is kept
    later = Investigator(Adviser(shown=REVISIONS), None)
    changes, unread = later.changes(old, found, reality(), NOW)
    assert [one.field for one in changes] == ["app image", "app memory", "service subnets"]
    assert unread == ()


def test_a_revision_that_ecs_did_not_show_is_named():
    old, new = (changed(version(n), revision_arn=revision_arn(n)) for n in (42, 43))
    investigator = Investigator(Adviser(shown=REVISIONS[1:]), None)
    _, unread = investigator.changes(old, row(target=new), reality(), NOW)
    assert unread == (
        "not compared, could not be read: the service's own configuration with web:42",
    )


def test_another_version_than_the_one_before_is_compared_when_it_is_needed():
    kept, later = begun(Adviser()), Adviser()
    for other in (version(41), changed(version(42), revision_arn=revision_arn(42))):
        Investigator(later, None).changes(other, kept, reality(), NOW)
    assert sorted(later.asked) == sorted([definition(41), definition(42), *[definition(43)] * 2])


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (row(), True),
        (row(outcome=Outcome.SUCCEEDED), True),
        (row(outline=outline({}, {}, NOW)), False),
        (row(outcome=Outcome.FAILED, failed_at=NOW), False),
        (row(rolls_back="d"), False),
    ],
)
def test_only_of_what_may_yet_fail_is_an_outline_kept(known, wanted):
    assert wants_outline(known) is wanted
