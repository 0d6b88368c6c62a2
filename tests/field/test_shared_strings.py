"""Messages of ECS collected in the field, where there are any beside the repository, find their cause."""

from __future__ import annotations

import json

import pytest

from deploy_guard.matching import cause_of_text
from tests.unit.ecsops.events.sample_events import ROOT

FILE = ROOT.parent / "shared" / "events" / "strings-corpus.json"

if not FILE.is_file():
    pytest.skip(
        "no collected messages beside the repository (../shared/events)", allow_module_level=True
    )

# (what the text says, its cause); the first that fits. None: it tells the course, not the cause.
_EXPECTED: dict[str, list[tuple[str, str | None]]] = {
    "service_events": [
        ("alarm detected", "ALARM"),
        ("unhealthy in target-group", "ELB_HEALTH"),
        ("unable to stop or start tasks", "LIMITS"),
        ("", None),
    ],
    "rollout_state_reason": [("", None)],
    "service_deployment_status_reason": [
        ("threshold was exceeded", None),
        ("No rollback candidate", "NO_CANDIDATE"),
        ("unable to parse the response", "HOOK_BAD_RESPONSE"),
        ("returned FAILED status", "HOOK_FAILED"),
        ("unable to assume role", "HOOK_PERMISSION"),
        ("invalid networking configuration", "BG_NETWORK"),
    ],
    "stopped_reason": [
        ("app:v9: not found", "IMAGE_NOT_FOUND"),
        ("failed to copy", "IMAGE_NETWORK"),
        ("no processor for media-type", "IMAGE_FORMAT"),
        ("registry auth: ... dial tcp", "SECRET_NETWORK"),
        ("lookup logs.", "LOG_NETWORK"),
        ("Failed to resolve", "EFS_NETWORK"),
        ("access denied by server while mounting", "EFS"),
        ("AccessDeniedException", "SECRET_DENIED"),
        ("can't find the specified secret", "SECRET_MISSING"),
        ("InsufficientFreeAddresses", "ENI_IP"),
        ("failed ELB health checks", "ELB_HEALTH"),
        ("failed container health checks", "CONTAINER_HEALTH"),
        ("Essential container in task exited", None),
        ("Scaling activity initiated by", None),
        ("Task stopped by user", None),
    ],
    "container_reason": [
        ("OutOfMemoryError", "OOM"),
        ("port is already allocated", "PORT_TAKEN"),
    ],
}
_TASK_FIELDS = ("stopped_reason", "container_reason")
STRINGS = [
    (kind, text)
    for kind, entries in json.loads(FILE.read_text()).items()
    if not kind.startswith("_")
    for text, _ in entries
]


@pytest.mark.parametrize(("kind", "text"), STRINGS)
def test_a_collected_message_finds_its_cause(kind, text):
    expected = next(cause for part, cause in _EXPECTED[kind] if part in text)
    cause = cause_of_text(text, "task" if kind in _TASK_FIELDS else "service")
    assert (cause and cause.id) == expected
