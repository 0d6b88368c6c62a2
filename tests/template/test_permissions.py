"""Each role allows what its function needs, on what it needs it for."""

import json

import pytest

from build_tools import needs
from tests.template.shipped import FUNCTIONS, PARAMETERS, RESOURCES, TEMPLATE, of_type, target

ROLES = of_type("AWS::IAM::Role")
POLICIES = of_type("AWS::IAM::Policy")
# Actions that AWS cannot restrict to resources, from the service authorization reference.
UNRESTRICTED = {
    "elasticloadbalancing:DescribeTargetHealth": "describes of ELB have no resource types",
    "codedeploy:StopDeployment": "has no resource types",
    "ecs:ListClusters": "a list of an account's clusters is of no cluster",
    "ecs:ListTasks": "its resource is the container instance that it may name",
    "ecs:DescribeTaskDefinition": "has no resource types",
    "autoscaling:DescribeLifecycleHooks": "describes of Auto Scaling have no resource types",
    "ecs:ListServices": "has no resource types, only the condition key ecs:cluster",
    "cloudwatch:GetMetricData": "metrics are no resources",
    "cloudwatch:PutMetricData": "has no resource types, only the condition key cloudwatch:namespace",
    "tag:GetResources": "searches the whole Region",
    "application-autoscaling:DescribeScalingPolicies": "describes have no resource types",
    "ecs:ListAccountSettings": "settings are no resources",
    "elasticloadbalancing:DescribeTargetGroups": "describes of ELB have no resource types",
    "elasticloadbalancing:DescribeTargetGroupAttributes": "describes of ELB have no resource types",
    "elasticloadbalancing:DescribeLoadBalancers": "describes of ELB have no resource types",
    "elasticloadbalancing:DescribeLoadBalancerAttributes": "describes of ELB have no resource types",
    "elasticloadbalancing:DescribeListeners": "describes of ELB have no resource types",
    "application-autoscaling:DescribeScalableTargets": "has no resource types",
    "cloudwatch:DescribeAlarms": "leaves composite alarms out where its scope is narrower",
    "ec2:DescribeSecurityGroups": "describes of EC2 have no resource types",
    "ec2:DescribeSubnets": "describes of EC2 have no resource types",
    "ec2:DescribeRouteTables": "describes of EC2 have no resource types",
    "ec2:DescribeVpcEndpoints": "describes of EC2 have no resource types",
    "logs:DescribeLogGroups": "a list of groups is of no group",
    "events:ListRules": "a list of rules is of no rule",
    "iam:GetAccountAuthorizationDetails": "is about the whole account",
    "events:TestEventPattern": "a pattern and an event are no resources",
    "scheduler:ListSchedules": "a list of an account's schedules is of no schedule",
    "xray:PutTraceSegments": "X-Ray has no resources to write to",
    "xray:PutTelemetryRecords": "X-Ray has no resources to write to",
}
# What IAM calls botocore's services, where the names differ.
PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
# What IAM calls an operation, where the names differ.
ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
    "s3:ListObjectsV2": "s3:ListBucket",
}
# What an operation does in the name of its caller, who has to be allowed it.
ON_BEHALF = {
    "ecs:CreateService": {"ecs:TagResource", "iam:PassRole"},
    "ecs:RegisterTaskDefinition": {"ecs:TagResource", "iam:PassRole"},
    "scheduler:CreateSchedule": {"iam:PassRole"},
    "codedeploy:CreateDeployment": {
        "codedeploy:GetDeploymentConfig",
        "codedeploy:RegisterApplicationRevision",
    },
    "ecs:RunTask": {"ecs:TagResource", "iam:PassRole"},
    "application-autoscaling:RegisterScalableTarget": {
        "application-autoscaling:TagResource",
        "iam:CreateServiceLinkedRole",
    },
    "application-autoscaling:PutScalingPolicy": {
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
    },
}
# What a function's modules could do for another function, and it never asks them to.
FOR_OTHERS = {
    "AuditFunction": {"sqs:SendMessage"},
    "DeployGuardHookFunction": {"dynamodb:PutItem", "dynamodb:Query", "ecr:DescribeImages"},
}
# What Lambda itself does in the function's name: reading its queue, writing its logs and traces.
OF_LAMBDA = {
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("logs:CreateLogStream", "logs:PutLogEvents"),
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
}


def statements(role, effect="Allow"):
    attached = [one for one in POLICIES.values() if role in map(target, one["Roles"])]
    for policy in [*ROLES[role].get("Policies", ()), *attached]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == effect:
                yield statement


def listed(value):
    return value if isinstance(value, list) else [value]


def allowed(role):
    return {action for statement in statements(role) for action in listed(statement["Action"])}


def needed(function):
    module = FUNCTIONS[function]["Handler"].rpartition(".")[0]
    calls = needs.calls_of(TEMPLATE.parent / "functions", module)
    actions = {f"{PREFIXES.get(service, service)}:{operation}" for service, operation in calls}
    on_behalf = set().union(*(ON_BEHALF.get(action, set()) for action in actions))
    needed = {ACTIONS.get(action, action) for action in actions} | on_behalf
    return needed - FOR_OTHERS.get(function, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_role_of_its_own(function):
    role = target(FUNCTIONS[function]["Role"])
    assert [f for f in FUNCTIONS if target(FUNCTIONS[f]["Role"]) == role] == [function]


@pytest.mark.parametrize("role", ROLES)
def test_no_action_has_a_wildcard(role):
    assert [action for action in allowed(role) if "*" in action] == []


@pytest.mark.parametrize("role", ROLES)
def test_only_what_aws_cannot_restrict_is_allowed_on_everything(role):
    for statement in statements(role):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= UNRESTRICTED.keys(), statement["Sid"]


@pytest.mark.parametrize("role", ["DeployGuardRole", "DeployGuardExecutorRole"])
def test_the_guard_sees_composite_alarms(role):
    """CloudWatch names no error: an alarm that is left out is one that never goes off.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    scopes = [
        statement["Resource"]
        for statement in statements(role)
        if "cloudwatch:DescribeAlarms" in listed(statement["Action"])
    ]
    assert scopes == ["*"]


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        ("DeployGuardRole", {"StringLike": ["ledger#*"]}),
        ("SpotFallbackRole", {"StringEquals": ["told"]}),
    ],
)
def test_a_single_attribute_is_changed_of_the_items_that_are_meant_alone(role, keys):
    conditions = [
        statement["Condition"]
        for statement in statements(role)
        if "dynamodb:UpdateItem" in listed(statement["Action"])
    ]
    ((operator, names),) = keys.items()
    assert conditions == [{f"ForAllValues:{operator}": {"dynamodb:LeadingKeys": names}}]


@pytest.mark.parametrize("role", ROLES)
def test_every_resource_is_of_this_account_and_region(role):
    for statement in statements(role):
        for resource in listed(statement["Resource"]):
            text = json.dumps(resource)
            if "Fn::Sub" in text:
                # IAM has no Regions; the ARN of what is in an own bucket or table begins with its own.
                scope = "" if ":iam:" in text else "${AWS::Region}"
                own = (
                    f":{scope}:${{AWS::AccountId}}:",
                    "${AuditBucket.Arn}/",
                    "${DeployGuardTable.Arn}/",
                )
                assert any(each in text for each in own), statement["Sid"]


@pytest.mark.parametrize("role", ROLES)
def test_no_managed_policy_is_attached(role):
    assert "ManagedPolicyArns" not in ROLES[role]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_its_source_does_and_nothing_else(function):
    role = target(FUNCTIONS[function]["Role"])
    assert allowed(role) - OF_LAMBDA == needed(function) - OF_LAMBDA
    assert needed(function) <= allowed(role)


def test_nobody_may_stop_a_deployment_of_codedeploy_unless_the_stack_says_so():
    stop = "codedeploy:StopDeployment"
    (policy,) = [name for name, one in POLICIES.items() if stop in json.dumps(one)]
    assert RESOURCES[policy]["Condition"] == "RollsBackCodeDeploy"
    assert PARAMETERS["DeployGuardCodeDeploy"]["Default"] == "off"
    assert stop not in json.dumps(ROLES)
