"""What resources of a template are called before they exist: made-up ARNs that fit each other."""

from __future__ import annotations

from typing import Any

from audit.model.node import Unresolved

_HERE = "${AWS::Region}:${AWS::AccountId}"

# The property that holds the name, by type.
NAME_FIELDS = {
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::ECS::CapacityProvider": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "PolicyName",
    "AWS::SQS::Queue": "QueueName",
}
# The API's field for the name, where it is not the property's in lower camel case.
_ARNS = {
    "AWS::ECS::Cluster": "arn:aws:ecs:{here}:cluster/{name}",
    "AWS::ECS::Service": "arn:aws:ecs:{here}:service/{logical}/{name}",
    "AWS::ECS::TaskDefinition": "arn:aws:ecs:{here}:task-definition/{logical}:1",
    "AWS::ECS::CapacityProvider": "arn:aws:ecs:{here}:capacity-provider/{name}",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "arn:aws:elasticloadbalancing:{here}:"
    "targetgroup/{logical}/{logical}",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "arn:aws:elasticloadbalancing:{here}:"
    "loadbalancer/app/{logical}/{logical}",
    "AWS::ElasticLoadBalancingV2::Listener": "arn:aws:elasticloadbalancing:{here}:"
    "listener/app/{logical}/{logical}",
    "AWS::IAM::Role": "arn:aws:iam::${{AWS::AccountId}}:role/{name}",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{here}:alarm:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{here}:log-group:{name}:*",
    "AWS::SQS::Queue": "arn:aws:sqs:{here}:{name}",
}
# The types whose Ref is the ARN; of the others it is the name.
_REF_IS_ARN = frozenset(
    {
        "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::Listener",
    }
)
_ARN_ATTRIBUTES = frozenset(
    {"Arn", "ServiceArn", "TargetGroupArn", "LoadBalancerArn", "ListenerArn", "TaskDefinitionArn"}
)
# What stands in an API's answer, by type: field -> what it holds.
_FIELDS = {
    "AWS::ECS::Cluster": {"clusterArn": "arn", "clusterName": "name"},
    "AWS::ECS::Service": {"serviceArn": "arn", "serviceName": "name"},
    "AWS::ECS::TaskDefinition": {"taskDefinitionArn": "arn"},
    "AWS::ECS::CapacityProvider": {"capacityProviderArn": "arn", "name": "name"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"TargetGroupArn": "arn"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"LoadBalancerArn": "arn"},
    "AWS::ElasticLoadBalancingV2::Listener": {"ListenerArn": "arn"},
    "AWS::IAM::Role": {"Arn": "arn", "RoleName": "name"},
    "AWS::CloudWatch::Alarm": {"AlarmArn": "arn", "AlarmName": "name"},
    "AWS::Logs::LogGroup": {"logGroupName": "name"},
    "AWS::EC2::SecurityGroup": {"GroupId": "name"},
    "AWS::EC2::Subnet": {"SubnetId": "name"},
    "AWS::EC2::VPCEndpoint": {"VpcEndpointId": "name"},
    "AWS::SQS::Queue": {"QueueArn": "arn", "QueueName": "name"},
}


def reference(kind: str, logical_id: str, name: str) -> str:
    """What Ref gives."""
    return _arn(kind, logical_id, name) if kind in _REF_IS_ARN else name


def attribute(kind: str, logical_id: str, wanted: str, name: str) -> Any:
    """What Fn::GetAtt gives."""
    if wanted in _ARN_ATTRIBUTES and kind in _ARNS:
        return _arn(kind, logical_id, name)
    if wanted in ("Name", "QueueName") or (
        wanted in ("GroupId", "SubnetId") and kind.startswith("AWS::EC2::")
    ):
        return name
    # The two halves of a scaling policy's resource label.
    if wanted in ("TargetGroupFullName", "LoadBalancerFullName") and kind in _ARNS:
        resource = _arn(kind, logical_id, name).rpartition(":")[2]
        return resource.removeprefix("loadbalancer/")
    return Unresolved(f"{logical_id}.{wanted} is not known before the stack is created")


def identify(kind: str, logical_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data with the names and ARNs by which the rest of the template refers to it."""
    fields = _FIELDS.get(kind, {})
    given = data.get(next((field for field, what in fields.items() if what == "name"), ""))
    name = given if isinstance(given, str) else logical_id
    made = {
        field: _arn(kind, logical_id, name) if what == "arn" else name
        for field, what in fields.items()
    }
    return {**data, **made}


def _arn(kind: str, logical_id: str, name: str) -> str:
    return _ARNS[kind].format(here=_HERE, name=name, logical=logical_id)
