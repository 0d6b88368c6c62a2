"""Every row of the catalogue has its cases, and every text finds its row."""

import re

import pytest

from deploy_guard.catalogue import BY_ID, CATALOGUE
from deploy_guard.matching import MAX_TEXT, cause_of_exit, cause_of_text, subject_of
from ecsops.redaction import redact_text
from tests.unit.deploy_guard.builders import IMAGE, SECRET, TARGET_GROUP
from tests.unit.deploy_guard.cases import EXIT_CODES, NO_CAUSE, SERVICE_TEXTS, TASK_TEXTS

# Found by more than one sign: tests/unit/deploy_guard/test_causes.py.
_BY_CIRCUMSTANCES = {"SIGKILL_TIMEOUT", "UNKNOWN"}


@pytest.mark.parametrize(("cause", "text"), TASK_TEXTS)
def test_what_ecs_says_of_a_task_finds_its_cause(cause, text):
    for said in (text, text.upper(), f"Task stopped. {text}", f"{text}\nrequest id: 0c1d"):
        assert cause_of_text(said, "task").id == cause
        assert cause_of_text(redact_text(said), "task").id == cause


@pytest.mark.parametrize(("cause", "text"), SERVICE_TEXTS)
def test_what_ecs_says_of_a_service_finds_its_cause(cause, text):
    for said in (text, text.upper()):
        assert cause_of_text(said, "service").id == cause


@pytest.mark.parametrize("text", NO_CAUSE)
def test_what_only_tells_the_course_is_no_cause(text):
    assert cause_of_text(text, "service") is None


@pytest.mark.parametrize(("cause", "code"), EXIT_CODES)
def test_exit_codes_find_their_cause(cause, code):
    assert cause_of_exit(code).id == cause


def test_every_row_has_a_case():
    tried = {cause for cause, _ in (*TASK_TEXTS, *SERVICE_TEXTS, *EXIT_CODES)}
    assert tried | _BY_CIRCUMSTANCES == set(BY_ID)


def test_every_pattern_of_every_row_is_needed_by_a_case():
    for cause in CATALOGUE:
        for field, cases in (("task", TASK_TEXTS), ("service", SERVICE_TEXTS)):
            for pattern in getattr(cause, field):
                texts = [text for found, text in cases if found == cause.id]
                assert any(re.search(pattern, text, re.IGNORECASE | re.DOTALL) for text in texts), (
                    cause.id,
                    pattern,
                )


def test_ids_are_unique():
    assert len(BY_ID) == len(CATALOGUE)


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_every_row_says_what_to_do(cause):
    assert cause.says
    assert cause.says[0] != cause.says[0].upper() or cause.says.split()[0] in (
        "ECS",
        "AWS",
        "CloudWatch",
        "Fargate",
        "Secrets",
    )
    assert cause.fix.endswith((".", "?"))
    # What cannot be retried away is somebody's to change.
    assert not cause.deterministic or cause.blame in ("release", "config")


@pytest.mark.parametrize(
    ("cause", "text", "subject"),
    [
        ("IMAGE_NOT_FOUND", f"CannotPull: failed to resolve ref {IMAGE}: not found", IMAGE),
        ("IMAGE_NOT_FOUND", f"CannotPull: manifest for {IMAGE} not found", IMAGE),
        (
            "IMAGE_STABILITY",
            f"CannotPull: failed to resolve ref {IMAGE}@sha256:0c: not found",
            f"{IMAGE}@sha256:0c",
        ),
        ("IMAGE_AUTH", "CannotPull: pull access denied for team/web, repository", "team/web"),
        ("SECRET_MISSING", f"Fetching secret data: secret {SECRET}: ResourceNotFound", SECRET),
        ("LOG_GROUP", "cannot find the Amazon CloudWatch log group: /ecs/web.", "/ecs/web"),
        ("EFS_NETWORK", 'Failed to resolve "fs-0123.efs.eu-west-1"', "fs-0123"),
        ("ENI_IP", "in subnet 'subnet-0a1b': InsufficientFreeAddressesInSubnet", "subnet-0a1b"),
        ("PLACEMENT", "RESOURCE:MEMORY", "RESOURCE:MEMORY"),
        ("PORT_TAKEN", "bind for 0.0.0.0:8080 failed: port is already", "0.0.0.0:8080"),
        ("ENTRYPOINT_NOT_FOUND", 'exec: "serve": executable file not found', "serve"),
        ("ELB_HEALTH", f"failed ELB health checks in (target-group {TARGET_GROUP})", TARGET_GROUP),
        ("ELB_HEALTH", "is unhealthy in target-group web due to (reason x)", "web"),
        (
            "ROLE_ASSUME",
            "unable to assume the role 'arn:aws:iam::123456789012:role/exec'.",
            "arn:aws:iam::123456789012:role/exec",
        ),
        (
            "HOOK_FAILED",
            "hook target arn:aws:lambda:eu-west-1:123456789012:function:gate returned FAILED",
            "arn:aws:lambda:eu-west-1:123456789012:function:gate",
        ),
        ("CLEAN_EXIT", "anything", None),
        ("EFS", "nothing named here", None),
    ],
)
def test_the_thing_at_fault_is_named(cause, text, subject):
    assert subject_of(BY_ID[cause], ("unrelated", text)) == subject


def test_only_the_beginning_of_a_long_text_is_read():
    assert cause_of_text("x" * MAX_TEXT + "toomanyrequests", "task") is None
