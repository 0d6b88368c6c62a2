from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.gateway.iam.conditions import holds
from sandbox.gateway.iam.patterns import arn_like, like, resource_matches
from sandbox.gateway.iam.policy import MalformedPolicy, checked, evaluate

PROD = "arn:aws:ecs:eu-west-1:1:cluster/prod"
ROLLBACK = {"aws:resourcetag/ecs-ops:rollback": "auto"}
OPS_TEAM = {"k": "ops", "aws:principaltag/team": "ops"}
SERVICE = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "*", resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


def deny(action: Any = "*", resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {**allow(action, resource, **members), "Effect": "Deny"}


def allowed(statements: list[dict[str, Any]], context: dict[str, Any] | None = None) -> bool:
    return evaluate([policy(*statements)], "ecs:UpdateService", SERVICE, context or {}).allowed


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([allow()], True),
        ([allow("ecs:UpdateService")], True),
        ([allow("ECS:updateservice")], True),
        ([allow("ecs:Update*")], True),
        ([allow("ecs:UpdateServic?")], True),
        ([allow("ecs:DescribeServices")], False),
        ([allow(["ecs:Describe*", "ecs:UpdateService"])], True),
        ([allow(), deny("ecs:UpdateService")], False),
        ([allow(), deny("ecs:DeleteService")], True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "ecs:*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": SERVICE}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": SERVICE + "2"}], True),
        ([allow(resource=SERVICE)], True),
        ([allow(resource="arn:aws:ecs:*:*:service/prod/*")], True),
        ([allow(resource="arn:aws:ecs:*:*:service/dev/*")], False),
        ([allow(resource="arn:aws:ecs:eu-west-1:*")], True),
        ([allow(resource="arn:aws:ecs:eu-west-?:123456789012:service/*/web")], True),
        ([allow(resource="arn:aws:ecs:EU-WEST-1:123456789012:service/prod/web")], False),
    ],
)
def test_a_deny_wins_and_an_allow_is_needed(statements: list[Any], expected: bool) -> None:
    assert allowed(statements) is expected


def test_the_reason_says_whether_a_deny_was_explicit() -> None:
    denied = evaluate([policy(allow(), deny("ecs:*"))], "ecs:RunTask", "*", {})
    missing = evaluate([], "ecs:RunTask", "*", {})
    assert denied.reason("ecs:RunTask") == "with an explicit deny in an identity-based policy"
    assert missing.reason("ecs:RunTask") == (
        "because no identity-based policy allows the ecs:RunTask action"
    )


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"aws:ResourceTag/ecs-ops:rollback": "auto"}}, ROLLBACK, True),
        ({"StringEquals": {"aws:ResourceTag/ecs-ops:rollback": "AUTO"}}, ROLLBACK, False),
        ({"StringEquals": {"aws:ResourceTag/ecs-ops:rollback": "auto"}}, {}, False),
        ({"StringEquals": {"k": ["a", "b"]}}, {"k": "b"}, True),
        ({"StringEqualsIgnoreCase": {"k": "AUTO"}}, {"k": "auto"}, True),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
        ({"StringLike": {"k": "ecs-*"}}, {"k": "ecs-ops"}, True),
        ({"StringNotLike": {"k": "ecs-*"}}, {"k": "ecs-ops"}, False),
        ({"ArnEquals": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/prod"}}, {"ecs:cluster": PROD}, True),
        ({"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:cluster/prod"}}, {"ecs:cluster": PROD}, False),
        ({"ArnNotLike": {"k": "arn:aws:ecs:*:*:cluster/*"}}, {"k": "arn:aws:ecs:r:a:cluster/x"}, False),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": True}}, {"k": "x"}, False),
        ({"Null": {"k": "false"}}, {"k": "x"}, True),
        ({"Bool": {"aws:SecureTransport": True}}, {"aws:securetransport": "true"}, True),
        ({"Bool": {"k": "false"}}, {"k": "true"}, False),
        ({"NumericLessThanEquals": {"k": "10"}}, {"k": "10"}, True),
        ({"NumericGreaterThan": {"k": 10}}, {"k": "9.5"}, False),
        ({"NumericEquals": {"k": "1"}}, {"k": "one"}, False),
        ({"NumericNotEquals": {"k": "1"}}, {"k": "2"}, True),
        ({"DateGreaterThan": {"k": "2026-01-01T00:00:00Z"}}, {"k": "2026-03-02T00:00:00Z"}, True),
        ({"IpAddress": {"k": "10.0.0.0/8"}}, {"k": "10.1.2.3"}, True),
        ({"NotIpAddress": {"k": "10.0.0.0/8"}}, {"k": "10.1.2.3"}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:tagkeys": ["a"]}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:tagkeys": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:tagkeys": ["c", "a"]}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {}, False),
        ({"StringEquals": {"k": "${aws:PrincipalTag/team}"}}, OPS_TEAM, True),
        ({"StringEquals": {"k": "${aws:PrincipalTag/team}"}}, {"k": "ops"}, False),
        ({"StringEquals": {"a": "1"}, "StringLike": {"b": "2"}}, {"a": "1"}, False),
        ({"StringSounds": {"k": "a"}}, {"k": "a"}, False),
    ],
)  # fmt: skip
def test_conditions(condition: Any, context: Any, expected: bool) -> None:
    assert holds(condition, context) is expected


def test_a_condition_narrows_a_deny_as_well() -> None:
    statements = [allow(), deny(Condition={"StringEquals": {"k": "v"}})]
    assert allowed(statements, {"k": "other"})
    assert not allowed(statements, {"k": "v"})


@pytest.mark.parametrize(
    "statement",
    [
        allow(Condition={"StringSounds": {"k": "v"}}),
        allow(Condition={"ForMostValues:StringEquals": {"k": "v"}}),
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Resource": "*"},
        allow(NotAction="*"),
        allow(Principal="*"),
    ],
)
def test_a_policy_that_iam_would_reject_is_rejected(statement: dict[str, Any]) -> None:
    with pytest.raises(MalformedPolicy):
        checked(policy(statement))


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", "*", True),
        ("arn:aws:ecs:*:*:cluster/prod", "*", False),
        ("arn:aws:ecs:*", SERVICE, True),
        ("arn:aws:ecs", SERVICE, True),
        ("arn:aws:e*s:eu-west-1:123456789012:service/prod/web", SERVICE, True),
        ("arn:aws:logs:*:*:log-group:/x:*", "arn:aws:logs:r:a:log-group:/x:log-stream:y", True),
        ("arn:aws:logs:*:*:log-group:/x", "arn:aws:logs:r:a:log-group:/x:log-stream:y", False),
        ("arn:aws:ecs:*:*:task-definition/web:*", "arn:aws:ecs:r:a:task-definition/web:7", True),
        ("arn:aws:ecs:*:*:task-definition/w*b:7", "arn:aws:ecs:r:a:task-definition/w:x:b:7", False),
    ],
)
def test_resource_patterns(pattern: str, resource: str, expected: bool) -> None:
    assert resource_matches(pattern, resource) is expected


def reference_like(pattern: str, value: str) -> bool:
    """The textbook recursion, for comparison."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(reference_like(pattern[1:], value[i:]) for i in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and reference_like(pattern[1:], value[1:])


few = st.text(alphabet="ab.[*?", max_size=7)


@settings(deadline=None)
@given(pattern=few, value=st.text(alphabet="ab.[", max_size=7))
def test_wildcards_agree_with_the_textbook(pattern: str, value: str) -> None:
    assert like(pattern, value) is reference_like(pattern, value)


segments = st.lists(st.text(alphabet="ab*?", min_size=1, max_size=3), min_size=6, max_size=6)


@settings(deadline=None)
@given(
    pattern=segments,
    value=st.lists(st.sampled_from(["a", "b", "ab", "ba"]), min_size=6, max_size=6),
)
def test_arn_conditions_compare_field_by_field(pattern: list[str], value: list[str]) -> None:
    expected = all(map(reference_like, pattern, value))
    assert arn_like(":".join(pattern), ":".join(value)) is expected


actions = st.sampled_from(["ecs:RunTask", "ecs:StopTask", "ecs:*", "sqs:*", "*"])
resources = st.sampled_from(["*", SERVICE, "arn:aws:ecs:*:*:service/prod/*", "arn:aws:sqs:*:*:q"])
statements = st.lists(
    st.builds(
        lambda effect, action, resource: {
            "Effect": effect,
            "Action": action,
            "Resource": resource,
        },
        st.sampled_from(["Allow", "Deny"]),
        st.lists(actions, min_size=1, max_size=2),
        st.lists(resources, min_size=1, max_size=2),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(statements=statements, action=st.sampled_from(["ecs:RunTask", "sqs:SendMessage"]))
def test_decisions_agree_with_the_definition(statements: list[Any], action: str) -> None:
    def hits(statement: dict[str, Any]) -> bool:
        return any(
            reference_like(wanted, action) and reference_like(where, SERVICE)
            for wanted, where in itertools.product(statement["Action"], statement["Resource"])
        )

    effects = {statement["Effect"] for statement in statements if hits(statement)}
    expected = effects == {"Allow"}
    split = [policy(statement) for statement in statements]
    assert evaluate([policy(*statements)], action, SERVICE, {}).allowed is expected
    assert evaluate(split, action, SERVICE, {}).allowed is expected
