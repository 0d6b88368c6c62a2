"""SEC: secrets in plain sight."""

from __future__ import annotations

import math
import re

from audit.model.node import Node
from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule

_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?|AUTH_DATA)$",
    re.IGNORECASE,
)
_VALUES = (
    ("an AWS access key id", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})")),
    (
        "a token of Slack",
        re.compile(r"\bxox[abeprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+"),
    ),
    ("a live key of Stripe", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("a URL with a password", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]*:[^\s:/@${}<>]+@")),
)
# 40 characters of base64, of all its kinds: no hash in hexadecimal, no path, no name.
_SECRET_KEY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9/+]{40}")
_LEAST_ENTROPY = 4.2
# Names of secrets, or values that are none.
_HARMLESS = re.compile(
    r"(?:true|false|none|null|\d{1,6}|arn:aws[\w-]*:.*|/[\w./-]+)?", re.IGNORECASE
)


@rule(
    "SEC-01",
    "No secret is written into an environment variable",
    on=Container,
    severity=Severity.HIGH,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
    remedy='move the variable from "environment" to "secrets" with a "valueFrom" of Secrets Manager or '
    "Parameter Store",
    anchors=(
        "SecurityHub:ECS.8",
        "Prowler:ecs_task_definitions_no_environment_secrets",
        "Trivy:AWS-0036",
    ),
)
def plain_secret(container: Container) -> Verdicts:
    for name, value in container.environment.items():
        kind = _secret(name, value)
        # Never the value itself: reports are kept and mailed.
        message = f"{container.label}: variable {name} holds {kind} in plain text"
        yield failed(value, message) if kind else passed(value)


def _secret(name: str, value: Node) -> str | None:
    if value.placeholder:
        return None
    text = value.text() or ""
    for kind, pattern in _VALUES:
        if pattern.search(text):
            return kind
    if _SECRET_KEY.fullmatch(text) and _entropy(text) > _LEAST_ENTROPY:
        return "what looks like an AWS secret access key"
    return (
        "a secret, as its name says,"
        if _NAME.search(name) and not _HARMLESS.fullmatch(text)
        else None
    )


def _entropy(text: str) -> float:
    """Bits a character."""
    shares = (text.count(each) / len(text) for each in set(text))
    return -sum(share * math.log2(share) for share in shares)
