from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cfnlint.data.AdditionalSpecs
import pytest
from botocore.exceptions import ClientError

from sandbox.caller import Caller
from sandbox.gateway.calls import service_model
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.iam.authorizer import Authorizer
from sandbox.gateway.iam.needs import Scope
from sandbox.gateway.iam.policy import MalformedPolicy
from sandbox.trace import Trace
from tests.unit.sandbox.gateway.stand_ins import FUNCTION_KEY, ROLE, FakeSimulator

Client = Callable[..., Any]
SCOPE = Scope("123456789012", "eu-west-1")
ECS = "arn:aws:ecs:eu-west-1:123456789012"
DEPLOY = "arn:aws:codedeploy:eu-west-1:123456789012"
TARGET_GROUP = (
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"
)


@dataclass(frozen=True)
class Call:
    service: str
    operation: str
    protocol: str = "json"


def needs(service: str, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str]]:
    found = Authorizer().needs(Call(service, operation), SCOPE, parameters)
    return [(need.action, need.resource) for need in found]


@pytest.fixture
def grant(gateway: Gateway) -> Callable[..., None]:
    gateway.iam = Authorizer()

    def register(*statements: tuple[Any, ...], **condition: Any) -> None:
        condition_of_all = {"Condition": condition["condition"]} if condition else {}
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": resource}
                | ({"Condition": more[0]} if more else condition_of_all)
                for action, resource, *more in statements
            ],
        }
        gateway.register_principal(
            FUNCTION_KEY, Caller(ROLE, "123456789012", "eu-west-1"), [document], "spot-drain"
        )

    return register


def test_a_refusal_has_the_words_of_aws(
    hook: None, grant: Any, client: Client, ecs: FakeSimulator, trace: Trace
) -> None:
    grant(("ecs:DescribeTasks", "*"))
    with pytest.raises(ClientError) as raised:
        client("ecs").describe_services(cluster="prod", services=["web"])
    error = raised.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        f"User: {ROLE} is not authorized to perform: ecs:DescribeServices on resource: "
        f"{ECS}:service/prod/web because no identity-based policy allows the "
        "ecs:DescribeServices action"
    )
    assert ecs.calls == []
    assert trace.select("call", outcome="denied", error="AccessDeniedException")


@pytest.mark.parametrize(
    ("service", "method", "answer"),
    [
        ("elbv2", "describe_target_groups", ("AccessDenied", 403)),
        ("sqs", "list_queues", ("AccessDenied", 403)),
        ("sns", "list_topics", ("AuthorizationError", 403)),
        ("dynamodb", "list_tables", ("AccessDeniedException", 400)),
        ("scheduler", "list_schedules", ("AccessDeniedException", 403)),
        ("ec2", "describe_instances", ("UnauthorizedOperation", 403)),
        ("cloudwatch", "list_metrics", ("AccessDenied", 403)),
    ],
)
def test_a_refusal_has_the_code_of_the_service(
    hook: None, grant: Any, client: Client, service: str, method: str, answer: tuple[str, int]
) -> None:
    grant(("ecs:*", "*"))
    with pytest.raises(ClientError) as raised:
        getattr(client(service), method)()
    response = raised.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == answer


def test_a_named_resource_does_not_allow_an_action_without_resource_level_permissions(
    hook: None, grant: Any, client: Client
) -> None:
    grant(("elasticloadbalancing:*", TARGET_GROUP))
    elb = client("elbv2")
    elb.deregister_targets(TargetGroupArn=TARGET_GROUP, Targets=[{"Id": "10.0.0.1"}])
    with pytest.raises(ClientError, match=r"DescribeTargetHealth on resource: \* because"):
        elb.describe_target_health(TargetGroupArn=TARGET_GROUP)


def test_a_batch_needs_every_resource(hook: None, grant: Any, client: Client) -> None:
    grant(("ecs:DescribeServices", f"{ECS}:service/prod/web*"))
    ecs = client("ecs")
    ecs.describe_services(cluster="prod", services=["web", "web-2"])
    with pytest.raises(ClientError, match="service/prod/api because"):
        ecs.describe_services(cluster="prod", services=["web", "api"])


def test_a_resource_tag_condition_reads_the_tags_of_the_resource(
    hook: None, gateway: Gateway, grant: Any, client: Client
) -> None:
    tags = {f"{ECS}:service/prod/web": {"ecs-ops:rollback": "auto"}, f"{ECS}:service/prod/api": {}}
    gateway.iam = Authorizer(tags_of=tags.get)
    grant(
        ("ecs:UpdateService", "*"),
        condition={"StringEquals": {"aws:ResourceTag/ecs-ops:rollback": "auto"}},
    )
    ecs = client("ecs")
    ecs.update_service(cluster="prod", service="web")
    for other in ("api", "unknown"):
        with pytest.raises(ClientError, match="ecs:UpdateService"):
            ecs.update_service(cluster="prod", service=other)


def test_the_cluster_condition_holds_for_names_arns_and_the_default_cluster(
    hook: None, grant: Any, client: Client
) -> None:
    grant(
        (["ecs:ListTasks", "ecs:DescribeTasks", "ecs:ListServices"], "*"),
        condition={"ArnEquals": {"ecs:cluster": f"{ECS}:cluster/prod"}},
    )
    ecs = client("ecs")
    ecs.list_tasks(cluster="prod")
    ecs.list_services(cluster=f"{ECS}:cluster/prod")
    ecs.describe_tasks(cluster="prod", tasks=["0123"])
    for call in (ecs.list_tasks, ecs.list_services):
        with pytest.raises(ClientError, match="not authorized"):
            call()


def test_a_metric_namespace_can_be_a_condition(hook: None, grant: Any, client: Client) -> None:
    grant(
        ("cloudwatch:PutMetricData", "*"),
        condition={"StringEquals": {"cloudwatch:namespace": "ECSOps"}},
    )
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="ECSOps", MetricData=[{"MetricName": "m", "Value": 1}])
    with pytest.raises(ClientError, match="PutMetricData"):
        cloudwatch.put_metric_data(Namespace="Other", MetricData=[{"MetricName": "m", "Value": 1}])


def test_run_task_passes_the_roles_of_the_task_definition(
    hook: None, gateway: Gateway, grant: Any, client: Client
) -> None:
    role = "arn:aws:iam::123456789012:role/task"
    gateway.iam = Authorizer(roles_of=lambda _: [role])
    grant(("ecs:RunTask", f"{ECS}:task-definition/job:*"))
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        client("ecs").run_task(taskDefinition="job:3")
    grant(
        (["ecs:RunTask", "iam:PassRole"], "*"),
        condition={"StringEqualsIfExists": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    )
    client("ecs").run_task(taskDefinition="job")


def test_an_update_passes_the_roles_of_the_task_definition_that_it_deploys(
    hook: None, gateway: Gateway, grant: Any, client: Client
) -> None:
    role = "arn:aws:iam::123456789012:role/task"
    gateway.iam = Authorizer(roles_of=lambda _: [role])
    grant(("ecs:UpdateService", "*"))
    client("ecs").update_service(service="web", desiredCount=2)
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        client("ecs").update_service(service="web", taskDefinition="web:3")


def test_the_tag_of_a_service_decides_who_may_stop_its_deployments(
    hook: None, gateway: Gateway, grant: Any, client: Client
) -> None:
    """A service deployment has no tags of its own: it needs a statement of its own."""
    tags = {f"{ECS}:service/c/web": {"ecs-ops:rollback": "auto"}}
    gateway.iam = Authorizer(tags_of=tags.get)
    auto = {"StringEquals": {"aws:ResourceTag/ecs-ops:rollback": "auto"}}
    action = "ecs:StopServiceDeployment"

    def stop(service: str) -> None:
        arn = f"{ECS}:service-deployment/c/{service}/abc"
        client("ecs").stop_service_deployment(serviceDeploymentArn=arn)

    grant((action, f"{ECS}:service/*", auto), (action, f"{ECS}:service-deployment/*"))
    stop("web")
    with pytest.raises(ClientError, match="service/c/other"):
        stop("other")
    grant((action, "*", auto))
    with pytest.raises(ClientError, match="service-deployment/c/web"):
        stop("web")


def test_a_condition_on_the_principal_sees_the_role_of_the_session(
    hook: None, grant: Any, client: Client
) -> None:
    role = "arn:aws:iam::123456789012:role/spot-drain"
    grant(("ecs:ListClusters", "*"), condition={"ArnEquals": {"aws:PrincipalArn": role}})
    assert client("ecs").list_clusters()


def test_anyone_may_ask_who_he_is(hook: None, grant: Any, client: Client) -> None:
    grant(("ecs:ListClusters", "*"))
    assert client("sts").get_caller_identity()["Account"] == "123456789012"


def test_the_operator_needs_no_policy(hook: None, grant: Any, client: Client) -> None:
    grant(("ecs:ListClusters", "*"))
    client("sqs", key="AKIAOPERATOR00000000").create_queue(QueueName="q")


def test_a_policy_with_an_unknown_operator_is_refused_at_once(grant: Any) -> None:
    with pytest.raises(MalformedPolicy, match="StringSounds"):
        grant(("*", "*"), condition={"StringSounds": {"k": "v"}})


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("ecs", "DescribeTasks", {"cluster": "c", "tasks": ["1", f"{ECS}:task/c/2"]}, [
            ("ecs:DescribeTasks", f"{ECS}:task/c/1"), ("ecs:DescribeTasks", f"{ECS}:task/c/2"),
        ]),
        ("ecs", "ListTasks", {"cluster": "c", "serviceName": "web"}, [("ecs:ListTasks", "*")]),
        ("ecs", "ListTasks", {"cluster": "c", "containerInstance": "i"}, [
            ("ecs:ListTasks", f"{ECS}:container-instance/c/i"),
        ]),
        ("ecs", "RunTask", {"taskDefinition": "job", "tags": [{"key": "k", "value": "v"}]}, [
            ("ecs:RunTask", f"{ECS}:task-definition/job:*"),
            ("ecs:TagResource", f"{ECS}:task/default/*"),
        ]),
        ("ecs", "RegisterTaskDefinition", {"family": "f", "taskRoleArn": "arn:aws:iam::1:role/r"}, [
            ("ecs:RegisterTaskDefinition", f"{ECS}:task-definition/f:*"),
            ("iam:PassRole", "arn:aws:iam::1:role/r"),
        ]),
        ("ecs", "StopServiceDeployment",
         {"serviceDeploymentArn": f"{ECS}:service-deployment/c/web/abc"}, [
            ("ecs:StopServiceDeployment", f"{ECS}:service-deployment/c/web/abc"),
            ("ecs:StopServiceDeployment", f"{ECS}:service/c/web"),
        ]),
        ("ecs", "ContinueServiceDeployment",
         {"serviceDeploymentArn": f"{ECS}:service-deployment/c/web/abc", "hookId": "h"}, [
            ("ecs:ContinueServiceDeployment", f"{ECS}:service-deployment/c/web/abc"),
            ("ecs:ContinueServiceDeployment", f"{ECS}:service/c/web"),
        ]),
        ("ecs", "UpdateService",
         {"cluster": "c", "service": "web", "deploymentConfiguration": {
             "lifecycleHooks": [{"roleArn": "arn:aws:iam::1:role/hooks"}]}}, [
            ("ecs:UpdateService", f"{ECS}:service/c/web"),
            ("iam:PassRole", "arn:aws:iam::1:role/hooks"),
        ]),
        ("codedeploy", "CreateDeployment",
         {"applicationName": "shop", "deploymentGroupName": "web"}, [
            ("codedeploy:CreateDeployment", f"{DEPLOY}:deploymentgroup:shop/web"),
            ("codedeploy:GetDeploymentConfig",
             f"{DEPLOY}:deploymentconfig:CodeDeployDefault.ECSAllAtOnce"),
            ("codedeploy:RegisterApplicationRevision", f"{DEPLOY}:application:shop"),
        ]),
        ("codedeploy", "GetDeployment", {"deploymentId": "d-1"}, [
            ("codedeploy:GetDeployment", f"{DEPLOY}:deploymentgroup:*"),
        ]),
        ("codedeploy", "StopDeployment", {"deploymentId": "d-1"}, [
            ("codedeploy:StopDeployment", "*"),
        ]),
        ("codedeploy", "GetApplicationRevision", {"applicationName": "shop"}, [
            ("codedeploy:GetApplicationRevision", f"{DEPLOY}:application:shop"),
        ]),
        ("ecr", "DescribeImages", {"repositoryName": "team/app"}, [
            ("ecr:DescribeImages", "arn:aws:ecr:eu-west-1:123456789012:repository/team/app"),
        ]),
        ("scheduler", "CreateSchedule",
         {"Name": "bake", "GroupName": "ops", "Target": {"RoleArn": "arn:aws:iam::1:role/s"}}, [
            ("scheduler:CreateSchedule", "arn:aws:scheduler:eu-west-1:123456789012:schedule/ops/bake"),
            ("iam:PassRole", "arn:aws:iam::1:role/s"),
        ]),
        ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["errors"]}, [
            ("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"),
        ]),
        ("cloudwatch", "DescribeAlarms", {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}, [
            ("cloudwatch:DescribeAlarms", "*"),
        ]),
        ("logs", "GetLogEvents", {"logGroupName": "/x", "logStreamName": "s"}, [
            ("logs:GetLogEvents",
             "arn:aws:logs:eu-west-1:123456789012:log-group:/x:log-stream:s"),
        ]),
        ("ecs", "DescribeTaskDefinition", {"taskDefinition": "f:1"}, [
            ("ecs:DescribeTaskDefinition", "*"),
        ]),
        ("ecs", "UpdateContainerInstancesState", {"cluster": "c", "containerInstances": ["i"]}, [
            ("ecs:UpdateContainerInstancesState", f"{ECS}:container-instance/c/i"),
        ]),
        ("sqs", "DeleteMessageBatch", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q"}, [
            ("sqs:DeleteMessage", "arn:aws:sqs:eu-west-1:1:q"),
        ]),
        ("dynamodb", "TransactWriteItems",
         {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]}, [
            ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/a"),
            ("dynamodb:ConditionCheckItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/b"),
        ]),
        ("dynamodb", "Query", {"TableName": "a", "IndexName": "by-day"}, [
            ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:123456789012:table/a/index/by-day"),
        ]),
        ("events", "PutEvents", {"Entries": [{}, {"EventBusName": "ops"}]}, [
            ("events:PutEvents", "arn:aws:events:eu-west-1:123456789012:event-bus/default"),
            ("events:PutEvents", "arn:aws:events:eu-west-1:123456789012:event-bus/ops"),
        ]),
        ("sns", "Publish", {"TopicArn": "arn:t"}, [("sns:Publish", "arn:t")]),
        ("secretsmanager", "GetSecretValue", {"SecretId": "slack"}, [
            ("secretsmanager:GetSecretValue",
             "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-??????"),
        ]),
        ("ssm", "GetParameters", {"Names": ["/a/b", "c"]}, [
            ("ssm:GetParameters", "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b"),
            ("ssm:GetParameters", "arn:aws:ssm:eu-west-1:123456789012:parameter/c"),
        ]),
        ("logs", "PutLogEvents", {"logGroupName": "/x", "logStreamName": "s"}, [
            ("logs:PutLogEvents",
             "arn:aws:logs:eu-west-1:123456789012:log-group:/x:log-stream:s"),
        ]),
        ("autoscaling", "CompleteLifecycleAction", {"AutoScalingGroupName": "g"}, [
            ("autoscaling:CompleteLifecycleAction",
             "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/g"),
        ]),
        ("servicediscovery", "DeregisterInstance", {"ServiceId": "srv-1", "InstanceId": "i"}, [
            ("servicediscovery:DeregisterInstance",
             "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1"),
        ]),
        ("resourcegroupstaggingapi", "GetResources", {}, [("tag:GetResources", "*")]),
    ],
)  # fmt: skip
def test_the_actions_and_resources_of_a_call(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert needs(service, operation, parameters) == expected


def authorization_reference() -> dict[str, Any]:
    """The service authorization reference as cfn-lint carries it."""
    path = Path(cfnlint.data.AdditionalSpecs.__file__).parent / "Policies.json"
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def example(shape: Any, depth: int = 0) -> Any:
    """Some value for every member, so that whatever names a resource is there."""
    if shape.type_name == "structure":
        if depth > 3:
            return {}
        return {name: example(member, depth + 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"k": example(shape.value, depth + 1)}
    return {"string": "name/x/y", "boolean": True}.get(shape.type_name, 1)


@pytest.mark.parametrize(
    ("service", "prefix"),
    [
        ("ecs", "ecs"),
        ("elbv2", "elasticloadbalancing"),
        ("sqs", "sqs"),
        ("sns", "sns"),
        ("dynamodb", "dynamodb"),
        ("secretsmanager", "secretsmanager"),
        ("autoscaling", "autoscaling"),
        ("application-autoscaling", "application-autoscaling"),
        ("servicediscovery", "servicediscovery"),
        ("resourcegroupstaggingapi", "tag"),
        ("scheduler", "scheduler"),
        ("events", "events"),
        ("logs", "logs"),
        ("cloudwatch", "cloudwatch"),
    ],
)
def test_no_call_has_a_resource_where_aws_has_none(service: str, prefix: str) -> None:
    reference = authorization_reference()[prefix]["Actions"]
    model = service_model(service)
    flattering = []
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        for action, resource in needs(service, operation, example(shape) if shape else {}):
            name = action.split(":", 1)[1].lower()
            known = action.startswith(f"{prefix}:") and name in reference
            if known and resource != "*" and not reference[name].get("Resources"):
                flattering.append((operation, resource))
    assert flattering == []


RESOURCE_LEVEL = {
    ("ecs", "ecs"): """
        CreateService DeleteService DescribeClusters DescribeContainerInstances DescribeTasks
        DescribeServiceDeployments DescribeServiceRevisions DescribeServices ExecuteCommand
        GetTaskProtection ListContainerInstances ListServiceDeployments ListTagsForResource
        RegisterTaskDefinition RunTask StartTask StopServiceDeployment StopTask TagResource
        UntagResource UpdateContainerInstancesState UpdateService UpdateTaskProtection
    """,
    ("sqs", "sqs"): """
        ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage
        SendMessage SetQueueAttributes StartMessageMoveTask
    """,
    ("sns", "sns"): "Publish Subscribe CreateTopic GetTopicAttributes",
    ("dynamodb", "dynamodb"): """
        BatchGetItem BatchWriteItem DeleteItem DescribeTable GetItem PutItem Query Scan UpdateItem
    """,
    ("events", "events"): "PutEvents PutRule PutTargets DescribeRule",
    ("secretsmanager", "secretsmanager"): "GetSecretValue DescribeSecret",
    ("servicediscovery", "servicediscovery"): """
        DeregisterInstance RegisterInstance GetService ListInstances
        UpdateInstanceCustomHealthStatus
    """,
    ("elbv2", "elasticloadbalancing"): "DeregisterTargets RegisterTargets ModifyTargetGroup",
    ("autoscaling", "autoscaling"): "CompleteLifecycleAction RecordLifecycleActionHeartbeat",
    ("scheduler", "scheduler"): "CreateSchedule GetSchedule UpdateSchedule DeleteSchedule",
    ("logs", "logs"): "CreateLogStream PutLogEvents FilterLogEvents StartQuery",
}


@pytest.mark.parametrize(("service", "prefix"), RESOURCE_LEVEL)
def test_a_call_has_a_resource_where_aws_has_one(service: str, prefix: str) -> None:
    reference = authorization_reference()[prefix]["Actions"]
    for operation in RESOURCE_LEVEL[service, prefix].split():
        assert reference[operation.lower()]["Resources"], operation
        shape = service_model(service).operation_model(operation).input_shape
        found = needs(service, operation, example(shape))
        assert [need for need in found if need[1] == "*"] == [], operation


TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/state"
NAMES = {"#p": "pk"}
MINE = {":a": {"S": "mine"}, ":b": {"S": "other"}}


@pytest.mark.parametrize(
    ("operation", "parameters", "keys"),
    [
        (
            "GetItem",
            {"TableName": "state", "Key": {"pk": {"S": "mine"}, "sk": {"S": "x"}}},
            ["mine"],
        ),
        (
            "PutItem",
            {"TableName": "state", "Item": {"pk": {"S": "mine"}, "v": {"N": "1"}}},
            ["mine"],
        ),
        (
            "Query",
            {
                "TableName": "state",
                "KeyConditionExpression": "#p = :a AND sk = :b",
                "ExpressionAttributeNames": NAMES,
                "ExpressionAttributeValues": MINE,
            },
            ["mine"],
        ),
        (
            "BatchGetItem",
            {"RequestItems": {"state": {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}]}}},
            ["a", "b"],
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"state": [{"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}]}},
            ["a"],
        ),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "state", "Item": {"pk": {"S": "a"}}}}]},
            ["a"],
        ),
        ("Scan", {"TableName": "state"}, None),
    ],
)
def test_the_partition_keys_of_a_call_are_known_to_conditions(
    operation: str, parameters: dict[str, Any], keys: list[str] | None
) -> None:
    authorizer = Authorizer(partition_key_of={TABLE: "pk"}.get)
    [need] = authorizer.needs(Call("dynamodb", operation), SCOPE, parameters)
    assert need.resource == TABLE
    assert need.context.get("dynamodb:leadingkeys") == keys
