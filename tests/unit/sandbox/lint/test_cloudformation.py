"""Templates: what the template alone tells, and how its resources find each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.graph import Graph
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unknown, Unresolved
from audit.model.queue import Queue, queue_names
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.surroundings import Role, SecurityGroup, Subnet
from audit.model.task_definition import TaskDefinition
from sandbox.lint.cloudformation import Template, not_expanded
from sandbox.lint.documents import items
from sandbox.lint.marked import Text
from sandbox.lint.reading import parse

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: prod}
  Memory: {Type: String}
Conditions:
  Production: !Equals [!Ref Stage, prod]
  Large: !Not [!Equals [!Ref Memory, "512"]]
Mappings:
  Sizes: {prod: {Cpu: "1024"}, dev: {Cpu: "256"}}
Resources:
  Cluster:
    Type: AWS::ECS::Cluster
  Providers:
    Type: AWS::ECS::ClusterCapacityProviderAssociations
    Properties:
      Cluster: !Ref Cluster
      CapacityProviders: [FARGATE, FARGATE_SPOT]
      DefaultCapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      Cpu: !FindInMap [Sizes, !Ref Stage, Cpu]
      Memory: !Ref Memory
      TaskRoleArn: !GetAtt Role.Arn
      ContainerDefinitions:
        - Name: web
          Image: !Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/web:latest"
          StopTimeout: !If [Production, 60, 30]
          Privileged: !If [Large, true, !Ref AWS::NoValue]
          LogConfiguration: {LogDriver: awslogs, Options: {Awslogs-Odd: x}}
          DependsOn: [{ContainerName: agent, Condition: START}]
      Volumes:
        - Name: data
          EFSVolumeConfiguration: {FilesystemId: fs-1, AuthorizationConfig: {IAM: ENABLED}}
  Service:
    Type: AWS::ECS::Service
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      DesiredCount: 2
      LoadBalancers: [{TargetGroupArn: !Ref Group, ContainerName: web, ContainerPort: 80}]
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: 20}]
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: ecs
      ResourceId: !Join ["/", [service, !Ref Cluster, !GetAtt Service.Name]]
      MinCapacity: 2
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      ScalingTargetId: !Ref Target
      PolicyType: TargetTrackingScaling
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"]
      Policies: [{PolicyName: x, PolicyDocument: {Statement: []}}]
  Guard:
    Type: AWS::EC2::SecurityGroup
    Properties: {SecurityGroupIngress: [{CidrIp: 0.0.0.0/0, FromPort: 80, ToPort: 80}]}
  Ingress:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt Guard.GroupId, SourceSecurityGroupId: !Ref Other, FromPort: 81}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {AvailabilityZone: !Select [0, !GetAZs ""]}
  OnlyInDev:
    Type: AWS::ECS::Cluster
    Condition: Development
  NotThere:
    Type: AWS::ECS::Cluster
    Condition: Never
"""


def graph(text: str = TEMPLATE, **parameters: str) -> Graph:
    return Graph(items(parse("t.yaml", text), parameters))


def only(kind: Any, text: str = TEMPLATE, **parameters: str) -> Any:
    (found,) = graph(text, **parameters).all(kind)
    return found


def test_names_become_those_of_the_api() -> None:
    task = only(TaskDefinition)
    volume = task["volumes"][0]
    assert volume["efsVolumeConfiguration"]["fileSystemId"].text() == "fs-1"
    assert volume["efsVolumeConfiguration"]["authorizationConfig"]["iam"].text() == "ENABLED"
    assert list(task.containers[0]["logConfiguration"]["options"].entries()) == ["Awslogs-Odd"]


def test_intrinsic_functions_are_resolved_where_the_template_tells() -> None:
    task = only(TaskDefinition)
    assert task.cpu == 1024
    assert task.containers[0].stop_timeout == 60
    image = task.containers[0]["image"].text()
    assert image == "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/web:latest"
    assert only(Subnet)["AvailabilityZone"].text() == "zone a"


def test_a_parameter_without_a_default_is_unknown_until_it_is_given() -> None:
    with pytest.raises(Unknown, match="parameter Memory has no default"):
        assert only(TaskDefinition).memory
    with pytest.raises(Unknown, match="condition Large"):
        only(TaskDefinition).containers[0]["privileged"].flag()
    given_ = only(TaskDefinition, Memory="512")
    assert given_.memory == 512
    assert not given_.containers[0]["privileged"].given


def test_a_list_is_split_wherever_it_comes_from() -> None:
    text = """
Parameters: {Subnets: {Type: "List<AWS::EC2::Subnet::Id>", Default: "a, b"}}
Resources:
  Web:
    Type: AWS::ECS::Service
    Properties: {NetworkConfiguration: {AwsvpcConfiguration: {Subnets: !Ref Subnets}}}
"""
    assert only(Service, text).network["subnets"].texts() == ["a", "b"]
    assert only(Service, text, Subnets="c,d, e").network["subnets"].texts() == ["c", "d", "e"]


def test_a_loop_is_told_since_nobody_sees_what_it_makes() -> None:
    loop = {"Fn::ForEach::Services": ["Name", ["a"], {}], "A": {"Type": "AWS::ECS::Cluster"}}
    assert not_expanded({"Resources": loop}) == ["Fn::ForEach::Services"]
    assert not_expanded({"services": []}) == []


def test_resources_find_each_other() -> None:
    service = only(Service)
    assert service.task_definition is service.graph.all(TaskDefinition)[0]
    assert service.target_group(service.load_balancers[0]).deregistration_delay == 20
    assert service.strategy.spot
    assert service.strategy.origin == "defaultCapacityProviderStrategy"
    target = service.scalable_target
    assert isinstance(target, ScalableTarget)
    assert target.policies == service.graph.all(ScalingPolicy)


def test_roles_and_security_groups_read_as_described() -> None:
    role = only(Role)
    assert role["AttachedPolicies"][0]["PolicyName"].text() == "AdministratorAccess"
    assert role["Policies"][0]["Statement"].items() == []
    assert only(TaskDefinition)["taskRoleArn"].text() in role.names
    permissions = only(SecurityGroup)["IpPermissions"].items()
    assert permissions[0]["IpRanges"][0]["CidrIp"].text() == "0.0.0.0/0"
    assert permissions[1]["FromPort"].whole() == 81


def test_a_resource_whose_condition_is_false_is_left_out() -> None:
    text = TEMPLATE.replace(
        "Conditions:", "Conditions:\n  Never: !Not [!Condition Production]"
    ).replace("Development", "Unheard")
    assert {each.label for each in graph(text).all(Cluster)} == {"Cluster", "OnlyInDev"}


@pytest.mark.parametrize(
    "queue", ["!GetAtt Orders.QueueName", "!GetAtt Orders.Arn", '!Sub "${Orders.QueueName}@30s"']
)
def test_a_service_finds_the_queue_that_its_tag_names(queue: str) -> None:
    text = (
        TEMPLATE
        + f"""
  Orders: {{Type: AWS::SQS::Queue, Properties: {{VisibilityTimeout: 20}}}}
  Worker:
    Type: AWS::ECS::Service
    Properties:
      Tags: [{{Key: "ecs-ops:queue", Value: {queue}}}]
"""
    )
    service = next(each for each in graph(text).all(Service) if each.label == "Worker")
    (name,) = queue_names(service.tags)
    assert service.graph.find(Queue, name).visibility_timeout == 20


def test_a_group_without_attributes_has_the_defaults() -> None:
    text = TEMPLATE.replace(
        "TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: 20}]",
        "Port: 80",
    )
    assert only(TargetGroup, text).deregistration_delay == 300


_NAMES = st.sampled_from(
    [
        "Ref",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::GetAtt",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::GetAZs",
        "Fn::Equals",
        "Fn::Odd",
        "A",
        "AWS::NoValue",
        "${A}",
        "${!A}",
        "0",
        "Properties",
    ]
)
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | _NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=2),
    max_leaves=12,
)


@given(_ANY, _ANY, _ANY, st.sampled_from(["Task", "Service", "Group", "Role", "Guard", "Ingress"]))
def test_any_template_is_survived(
    properties: Any, condition: Any, parameter: Any, name: str
) -> None:
    document = parse("t.yaml", TEMPLATE).value
    document["Resources"][name]["Properties"] = properties
    document["Conditions"]["Production"] = condition
    document["Parameters"]["Stage"] = parameter
    Graph(items(Text("t", "", document), {}))


def test_what_refers_to_itself_is_unknown() -> None:
    document = {
        "Conditions": {"A": {"Condition": "A"}},
        "Resources": {
            "T": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {"Cpu": {"Fn::If": ["A", "256", "512"]}},
            }
        },
    }
    (item,) = Template(document, {}).items("t")
    assert isinstance(item.data["cpu"], Unresolved)
