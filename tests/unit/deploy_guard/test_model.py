"""What is the same version, and what a ledger says of it."""

import msgspec

from deploy_guard.actions import AnswerHooks, StopDeployment, UpdateService
from deploy_guard.model import Freeze, Image, Judged, Ledger, Version

ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:"


def version(revision, digest=None, content="c"):
    return Version(f"{ARN}{revision}", (Image("app", "repo:latest", digest),), content)


def test_a_reregistered_copy_is_the_same_version():
    assert version(41, "sha256:a").is_same(version(43, "sha256:a"))


def test_a_mutable_tag_makes_two_versions_of_one_task_definition():
    assert not version(41, "sha256:a").is_same(version(41, "sha256:b"))


def test_another_content_with_the_same_image_is_another_version():
    assert not version(41, "sha256:a", "c1").is_same(version(42, "sha256:a", "c2"))


def test_without_digests_the_task_definition_decides():
    assert version(41).is_same(version(41))
    assert not version(41).is_same(version(41, "sha256:a"))
    assert not version(41).is_same(version(42))


def test_one_unknown_digest_makes_the_identity_unknown():
    two = (Image("app", "a", "sha256:a"), Image("side", "b"))
    assert Version(f"{ARN}1", two, "c").identity is None
    assert Version(f"{ARN}1", (), "c").identity is None


def test_a_bad_version_is_bad_under_every_name_and_never_good():
    ledger = Ledger(
        "s",
        judged=(
            Judged(version(41, "sha256:a"), True, 10, "d1", "survived"),
            Judged(version(42, "sha256:b"), True, 20, "d2", "survived"),
            Judged(version(42, "sha256:b"), False, 30, "d2", "alarm"),
        ),
    )
    assert ledger.bad(version(50, "sha256:b")).why == "alarm"
    assert ledger.bad(version(41, "sha256:a")) is None
    assert [one.version.name for one in ledger.good()] == ["web:41"]


def test_a_ledger_survives_the_journey_through_json():
    ledger = Ledger("s", judged=(Judged(version(41, "sha256:a"), True, 10, "d1", "x"),))
    assert msgspec.json.decode(msgspec.json.encode(ledger), type=Ledger) == ledger


def test_a_freeze_ends():
    assert Freeze("all", "ann", until=100).holds(99)
    assert not Freeze("all", "ann", until=100).holds(100)
    assert Freeze("all", "ann").holds(1e12)


def test_the_calls_read_as_they_are_made():
    assert str(StopDeployment("arn:sd").calls[0]) == (
        "StopServiceDeployment serviceDeploymentArn=arn:sd stopType=ROLLBACK"
    )
    assert str(UpdateService("prod", "web", "web:41").calls[0]) == (
        "UpdateService cluster=prod service=web taskDefinition=web:41"
    )
    answers = AnswerHooks("arn:sd", ("h1", "h2")).calls
    assert [dict(one.parameters)["hookId"] for one in answers] == ["h1", "h2"]
    assert {dict(one.parameters)["action"] for one in answers} == {"ROLLBACK"}
