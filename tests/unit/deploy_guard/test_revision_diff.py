"""The difference between two versions tells what changed, and never a value."""

import copy
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deploy_guard.difference import Change
from deploy_guard.model import Image
from deploy_guard.revision_diff import Side, diff, with_images
from deploy_guard.shown_command import shown
from ecsops.redaction import MASK
from tests.unit.deploy_guard.builders import SECRET, TARGET_GROUP
from tests.unit.deploy_guard.situations import changed, version

CONTAINER = {
    "name": "web",
    "image": "web:v8",
    "cpu": 256,
    "memory": 1024,
    "essential": True,
    "command": ["serve", "--port", "8080"],
    "environment": [{"name": "MODE", "value": "prod"}, {"name": "DB_PASSWORD", "value": "x1"}],
    "secrets": [{"name": "TOKEN", "valueFrom": SECRET}],
    "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
    "healthCheck": {"command": ["CMD-SHELL", "curl -f localhost:8080/health"], "interval": 30},
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1"},
    },
}
DEFINITION = {
    "family": "web",
    "cpu": "512",
    "memory": "1024",
    "taskRoleArn": "arn:aws:iam::123456789012:role/web",
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "containerDefinitions": [CONTAINER],
}
REVISION = {
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"]}
    },
    "loadBalancers": [
        {"targetGroupArn": TARGET_GROUP, "containerName": "web", "containerPort": 8080}
    ],
    "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
    "platformVersion": "1.4.0",
}


def changed_container(**fields):
    after = copy.deepcopy(DEFINITION)
    after["containerDefinitions"][0] |= fields
    return [tuple(one) for one in map(_plain, diff(Side(DEFINITION), Side(after)))]


def changed_task(**fields):
    return [_plain(one) for one in diff(Side(DEFINITION), Side(DEFINITION | fields))]


def changed_service(**fields):
    sides = Side(revision=REVISION), Side(revision=REVISION | fields)
    return [_plain(one) for one in diff(*sides)]


def _plain(change: Change):
    return change.field, change.before, change.after


def test_the_same_version_has_no_difference():
    side = Side(DEFINITION, REVISION, {"web": "sha256:aa"})
    assert diff(side, copy.deepcopy(side)) == ()
    assert diff(Side(), side) == ()


def test_image_and_digest():
    assert changed_container(image="web:v9") == [("web image", "web:v8", "web:v9")]
    same_tag = diff(
        Side(DEFINITION, digests={"web": "sha256:aa"}),
        Side(DEFINITION, digests={"web": "sha256:bb"}),
    )
    assert [_plain(one) for one in same_tag] == [
        ("web image", "web:v8 (sha256:aa)", "web:v8 (sha256:bb)")
    ]


def test_s05_memory_of_task_and_container():
    assert changed_task(memory="512") == [("task memory", "1024", "512")]
    assert changed_container(memory=512) == [("web memory", "1024", "512")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"environment": [{"name": "MODE", "value": "prod"}, {"name": "NEW", "value": "x2"}]},
            [
                ("web environment DB_PASSWORD", "...", "removed"),
                ("web environment NEW", "none", "added"),
            ],
        ),
        (
            {"environment": [{"name": "MODE", "value": "dev"}, {"name": "DB_PASSWORD", "value": "x1"}]},
            [("web environment MODE", "...", "changed")],
        ),
        (
            {"secrets": [{"name": "TOKEN", "valueFrom": SECRET + ":password::"}]},
            [("web secret TOKEN", SECRET, SECRET + ":password::")],
        ),
        (
            {"secrets": [{"name": "TOKEN", "valueFrom": "hunter2"}]},
            [("web secret TOKEN", "...", "changed")],
        ),
        ({"secrets": []}, [("web secret TOKEN", "...", "removed")]),
        ({"command": ["serve", "--port", "80"]}, [("web command", "serve --port 8080", "serve --port 80")]),
        ({"command": None}, [("web command", "...", "removed")]),
        ({"entryPoint": ["/run.sh"]}, [("web entryPoint", "none", "added")]),
        ({"portMappings": [{"containerPort": 80}]}, [("web ports", "8080/tcp on host 8080", "80/tcp")]),
        (
            {"healthCheck": {"command": ["CMD-SHELL", "curl -f localhost:8080/up"], "interval": 5}},
            [
                (
                    "web health check",
                    "CMD-SHELL curl -f localhost:8080/health",
                    "CMD-SHELL curl -f localhost:8080/up",
                ),
                ("web health check interval", "30", "5"),
            ],
        ),
        (
            {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "hunter2"}}},
            [
                ("web log driver", "awslogs", "splunk"),
                ("web log option awslogs-group", "/ecs/web", "none"),
                ("web log option awslogs-region", "eu-west-1", "none"),
                ("web log option splunk-token", "none", "added"),
            ],
        ),
        ({"dockerLabels": {"git": "abc"}}, [("web label git", "none", "added")]),
        ({"ulimits": [{"name": "nofile"}]}, [("web ulimits", "none", "added")]),
        ({"essential": False}, [("web essential", "true", "false")]),
    ],
)  # fmt: skip
def test_a_change_in_the_container_is_told(fields, expected):
    assert changed_container(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"taskRoleArn": None}, [("task taskRoleArn", DEFINITION["taskRoleArn"], "none")]),
        (
            {"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}},
            [("task runtimePlatform cpuArchitecture", "X86_64", "ARM64")],
        ),
        (
            {"ephemeralStorage": {"sizeInGiB": 40}},
            [("task ephemeralStorage sizeInGiB", "none", "40")],
        ),
        ({"volumes": [{"name": "data"}]}, [("task volumes", "none", "added")]),
        (
            {"containerDefinitions": [CONTAINER, {"name": "log"}]},
            [("container log", "none", "added")],
        ),
        ({"containerDefinitions": []}, [("container web", "...", "removed")]),
        ({"registeredBy": "somebody", "revision": 43}, []),
    ],
)
def test_a_change_in_the_task_definition_is_told(fields, expected):
    assert changed_task(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}}},
            [
                ("service subnets", "subnet-a, subnet-b", "subnet-a"),
                ("service securityGroups", "sg-1", "none"),
            ],
        ),
        (
            {"loadBalancers": []},
            [("service load balancers", f"web:8080 in {TARGET_GROUP}", "none")],
        ),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 2}]},
            [
                (
                    "service capacity providers",
                    "FARGATE weight 1 base 1",
                    "FARGATE_SPOT weight 2 base 0",
                )
            ],
        ),
        ({"platformVersion": "1.3.0"}, [("service platformVersion", "1.4.0", "1.3.0")]),
        (
            {"serviceConnectConfiguration": {"enabled": True}},
            [("service serviceConnectConfiguration", "none", "added")],
        ),
    ],
)
def test_a_change_in_the_service_is_told(fields, expected):
    assert changed_service(**fields) == expected


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (["serve", "--port", "8080"], "serve --port 8080"),
        (["sh", "-c", "exec /app/run --workers=4"], "sh -c exec /app/run --workers=4"),
        (["serve", "--password", "swordfish"], f"serve --password {MASK}"),
        (["serve", "--password=swordfish"], f"serve --password={MASK}"),
        (["mysql", "-p", "swordfish"], f"mysql -p {MASK}"),
        (["mysql", "-phunter2"], f"mysql {MASK}"),
        (["sh", "-c", "TOKEN=abc serve"], f"sh -c TOKEN={MASK} serve"),
        (["x", "postgres://app:hunter2@db/app"], f"x {MASK}"),
        (["CMD-SHELL", "curl -f http://localhost/ok || exit 1"], "CMD-SHELL curl -f http://localhost/ok || exit 1"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_command_is_shown_without_what_may_be_a_secret(command, text):
    assert shown(command) == text


secrets = st.from_regex(r"[a-z]{3}[A-Za-z0-9]{8,30}[0-9][a-z]{2}", fullmatch=True)
names = st.from_regex(r"[A-Z][A-Z_]{0,20}", fullmatch=True)


def _places(secret, name):
    """Everywhere in a task definition where somebody may have put a secret."""
    return [
        {"environment": [{"name": name, "value": secret}]},
        {"secrets": [{"name": name, "valueFrom": secret}]},
        {"command": ["serve", secret]},
        {"command": ["serve", f"--{name}={secret}"]},
        {"command": ["sh", "-c", f"export {name}={secret} && serve"]},
        {"command": ["serve", "--password", secret]},
        {"entryPoint": ["/run.sh", f"https://u:{secret}@host/"]},
        {"healthCheck": {"command": ["CMD-SHELL", f"curl -H 'X-Key: {secret}' localhost"]}},
        {"dockerLabels": {name: secret}},
        {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": secret}}},
        {"logConfiguration": {"logDriver": "x", "secretOptions": [{"name": name, "valueFrom": secret}]}},
        {"repositoryCredentials": {"credentialsParameter": secret}},
        {"environmentFiles": [{"value": secret, "type": "s3"}]},
        {"extraHosts": [{"hostname": secret, "ipAddress": "10.0.0.1"}]},
        {"linuxParameters": {"x": secret}},
        {"somethingNew": secret},
    ]  # fmt: skip


@given(secrets, secrets, names, st.data())
def test_s20_no_value_appears_in_a_difference(old, new, name, data):
    assume(old != new and old not in name and new not in name)
    for place, other in zip(_places(old, name), _places(new, name), strict=True):
        sides = [
            Side(DEFINITION | {"containerDefinitions": [{"name": "web", "image": "web:v8"} | part]})
            for part in data.draw(st.permutations([place, other, {}]))[:2]
        ]
        told = json.dumps([_plain(one) for one in diff(*sides)])
        assert old not in told
        assert new not in told


def of_images(revision, **digests):
    images = tuple(Image(name, f"{name}:v{revision}", digest) for name, digest in digests.items())
    return changed(version(revision), images=images)


@pytest.mark.parametrize("cpu", ["512", "1024"])
@pytest.mark.parametrize("memory", [1024, 512])
def test_images_that_are_resolved_later_stand_where_they_would_have_stood(cpu, memory):
    after = copy.deepcopy(DEFINITION) | {"cpu": cpu}
    after["containerDefinitions"][0] |= {"image": "web:v9", "memory": memory}
    digests = {"web": "sha256:8"}, {"web": "sha256:9"}
    at_once = diff(Side(DEFINITION, digests=digests[0]), Side(after, digests=digests[1]))
    before, since = of_images(8, web="sha256:8"), of_images(9, web="sha256:9")
    assert with_images(diff(Side(DEFINITION), Side(after)), before, since) == at_once


def test_a_tag_that_means_another_image_is_a_change_and_the_same_image_is_none():
    old, new = of_images(8, web="sha256:8"), of_images(8, web="sha256:9")
    assert with_images((), old, new) == (
        Change("web image", "web:v8 (sha256:8)", "web:v8 (sha256:9)"),
    )
    assert with_images((), old, old) == ()
    assert with_images((), of_images(8, app="sha256:8"), new) == ()
