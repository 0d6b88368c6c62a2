"""The version to go back to is one with proof."""

import pytest

from deploy_guard.last_known_good import Candidate, Facts, NoCandidate, choose, needs_history
from deploy_guard.model import Image, Judged, Ledger, Outcome, Version
from deploy_guard.reality import CodeDeployment
from tests.unit.deploy_guard.situations import (
    SERVICE,
    changed,
    definition,
    ecs_deployment,
    reality,
    revision_arn,
    row,
    service_deployment,
    version,
)

NOTHING = Facts()


def ledger(*judged):
    return Ledger(SERVICE, judged=judged)


def good(revision, at=1.0):
    return Judged(version(revision), True, at, f"d{revision}", "survived")


def bad(revision, at=2.0):
    return Judged(version(revision), False, at, f"d{revision}", "failed 12 Aug: OOM")


def finished(number, status, **fields):
    began = 1_000_000 + number * 1000
    return service_deployment(number, status, finished_at=began + 100, **fields)


def test_s14_never_a_bad_one_and_never_simply_the_one_before():
    seen = reality(
        finished(40, "SUCCESSFUL"),
        finished(41, "ROLLBACK_SUCCESSFUL", rolled_back_to=revision_arn(40)),
        finished(42, "SUCCESSFUL"),
        service_deployment(43, source=42),
    )
    found = choose(row(), ledger(bad(42)), seen, NOTHING)
    assert isinstance(found, Candidate)
    assert found.version == version(40)
    assert [(one.version.name, "12 Aug" in one.why) for one in found.rejected] == [("web:42", True)]
    assert "known to be bad" in found.against_source


def test_s14_an_inactive_task_definition_needs_the_opt_in():
    seen = reality(finished(40, "SUCCESSFUL"), service_deployment(43))
    facts = Facts(inactive=frozenset({definition(40)}))
    found = choose(row(source=None), ledger(), seen, facts)
    assert isinstance(found, NoCandidate)
    assert "INACTIVE" in found.rejected[0].why
    allowed = choose(row(source=None), ledger(), seen, changed(facts, may_reregister=True))
    assert allowed.version == version(40)
    assert allowed.copy == "inactive"


def test_s14_an_image_that_is_gone_from_the_registry_is_no_way_back():
    seen = reality(finished(39, "SUCCESSFUL"), finished(40, "SUCCESSFUL"), service_deployment(43))
    found = choose(row(), ledger(), seen, Facts(missing_digests=frozenset({"sha256:40"})))
    assert found.version == version(39)
    assert "sha256:40 is no longer in the registry" in found.rejected[0].why


def test_proof_of_our_own_comes_before_what_ecs_calls_successful():
    seen = reality(finished(42, "SUCCESSFUL"), service_deployment(43, source=42))
    found = choose(row(), ledger(good(40), good(39, at=0.5)), seen, NOTHING)
    assert found.version == version(40)
    assert "survived its bake" in found.proof
    assert found.against_source is None


def test_the_success_of_what_ran_before_is_remembered_and_no_list_knows_a_newer_one():
    done = row(42, 41, outcome=Outcome.SUCCEEDED)
    found = choose(row(), Ledger(SERVICE, (row(), done)), reality(), NOTHING)
    assert (found.version, found.proof) == (version(42), "ECS calls its deployment successful")
    assert not needs_history(found, row())


@pytest.mark.parametrize(
    "rows",
    [
        (row(),),
        (row(), row(42, 41)),
        (row(), row(41, 40, outcome=Outcome.SUCCEEDED)),
        (row(), row(44, 43, target=version(42), outcome=Outcome.SUCCEEDED)),
    ],
)
def test_without_that_ecs_is_asked_for_its_list(rows):
    seen = reality(service_deployment(43, source=42))
    assert needs_history(choose(row(), Ledger(SERVICE, rows), seen, NOTHING), row())
    assert needs_history(NoCandidate(), row())


def test_what_ran_before_is_better_than_nothing():
    found = choose(row(), ledger(), reality(), NOTHING)
    assert found.version == version(42)
    assert found.proof == "it ran before this deployment"


def test_a_completed_deployment_that_still_drains_is_the_last_resort():
    draining = ecs_deployment(40, primary=False, state="COMPLETED")
    seen = reality(deployments=(ecs_deployment(43), draining))
    assert choose(row(source=None), ledger(), seen, NOTHING).version == version(40)


def test_s11_a_first_deployment_has_no_candidate():
    found = choose(row(source=None), ledger(), reality(), NOTHING)
    assert found == NoCandidate((), "nothing ran before it")


def test_what_finished_after_the_failed_one_began_proves_nothing():
    late = service_deployment(41, "SUCCESSFUL", finished_at=row().began + 1)
    assert isinstance(choose(row(source=None), ledger(), reality(late), NOTHING), NoCandidate)


def mutable(digest):
    return Version(definition(41), (Image("app", "repo/web:latest", digest),), "c41")


def test_s13_a_mutable_tag_needs_the_opt_in_and_then_a_pinned_copy():
    failed = row(source=None, target=mutable("sha256:new"))
    judged = Judged(mutable("sha256:old"), True, 1, "d", "survived")
    found = choose(failed, ledger(judged), reality(), NOTHING)
    assert isinstance(found, NoCandidate)
    assert "mutable tag" in found.rejected[0].why
    assert "ecs-ops:pin-digests=on" in found.rejected[0].why
    pinned = choose(failed, ledger(judged), reality(), Facts(may_pin=True))
    assert pinned.copy == "mutable"
    assert pinned.version.digests == (("app", "sha256:old"),)


def test_s13_without_digests_a_mutable_tag_cannot_be_pinned():
    failed = row(source=None, target=mutable("sha256:new"))
    judged = Judged(mutable(None), True, 1, "d", "survived")
    found = choose(failed, ledger(judged), reality(), Facts(may_pin=True))
    assert isinstance(found, NoCandidate)


def tagged(revision, digest):
    """A revision of its own, with the tag that all have."""
    return Version(definition(revision), (Image("app", "repo/web:latest", digest),), f"c{revision}")


def test_s13_two_revisions_with_one_tag_are_told_apart_by_digest():
    failed = row(source=None, target=tagged(43, "sha256:new"))
    judged = Judged(tagged(42, "sha256:old"), True, 1, "d", "survived")
    found = choose(failed, ledger(judged), reality(), NOTHING)
    assert isinstance(found, NoCandidate)
    assert "mutable tag: repo/web:latest means another image by now" in found.rejected[0].why
    assert choose(failed, ledger(judged), reality(), Facts(may_pin=True)).copy == "mutable"


@pytest.mark.parametrize("digest", ["sha256:old", None])
def test_s13_one_tag_that_did_not_move_needs_no_copy(digest):
    failed = row(source=None, target=tagged(43, digest))
    judged = Judged(tagged(42, "sha256:old"), True, 1, "d", "survived")
    assert choose(failed, ledger(judged), reality(), NOTHING).copy is None


def test_s13_the_registry_may_know_that_a_tag_has_moved():
    moved = Facts(moved=frozenset({("repo/web:40", "sha256:40")}))
    found = choose(row(), ledger(good(40)), reality(), moved)
    assert found.version == version(42)
    assert "repo/web:40 means another image" in found.rejected[0].why


def test_s13_what_is_pinned_already_needs_no_copy():
    pinned = Version(definition(42), (Image("app", "repo/web@sha256:old", "sha256:old"),), "c42")
    facts = Facts(moved=frozenset({("repo/web@sha256:old", "sha256:old")}))
    judged = Judged(pinned, True, 1, "d", "survived")
    assert choose(row(source=None), ledger(judged), reality(), facts).copy is None


def test_the_same_version_under_another_name_is_no_way_back():
    copy = version(40, digest="43", content="c43")
    found = choose(row(source=None), ledger(Judged(copy, True, 1, "d", "x")), reality(), NOTHING)
    assert "the version that failed" in found.rejected[0].why


def test_the_same_image_with_another_configuration_is_another_version():
    before = version(42, digest="43", content="the secret was there")
    found = choose(row(), ledger(Judged(before, True, 1, "d", "x")), reality(), NOTHING)
    assert found.version == before


def test_s17_codedeploys_own_successes_count():
    done = CodeDeployment("d-1", "app", "group", "Succeeded", 1.0, task_definition=definition(40))
    seen = reality(code_deployments=(done,))
    assert choose(row(source=None), ledger(), seen, NOTHING).version.name == "web:40"


def test_s17_what_codedeploy_deployed_after_the_failed_one_is_no_way_back():
    failed = row(source=None)
    later = CodeDeployment(
        "d-9", "app", "group", "Succeeded", failed.began + 1, task_definition=definition(41)
    )
    before = changed(later, id="d-1", created_at=1.0, task_definition=definition(40))
    seen = reality(code_deployments=(later, before))
    assert choose(failed, ledger(), seen, NOTHING).version.name == "web:40"
