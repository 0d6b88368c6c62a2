"""Properties of a template's resources, reshaped to what describe calls answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from audit.model.load_balancing import Listener, ListenerRule, LoadBalancer, TargetGroup
from audit.model.node import Unresolved
from audit.model.queue import Queue
from audit.model.resource import Resource
from audit.model.scaling import Alarm, ScalableTarget, ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.surroundings import (
    CapacityProvider,
    Endpoint,
    EventRule,
    LogGroup,
    Role,
    SecurityGroup,
    Subnet,
)
from audit.model.task_definition import TaskDefinition
from sandbox.lint.renaming import api_name, to_api

type Properties = dict[str, Any]

_ASSOCIATIONS = "AWS::ECS::ClusterCapacityProviderAssociations"
_INGRESS = "AWS::EC2::SecurityGroupIngress"


def complete(resources: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """The audited resources, with what stands in resources of their own put where it belongs."""
    found = {
        name: dict(properties) if isinstance(properties, dict) else properties
        for name, (kind, properties) in resources.items()
        if kind in SHAPES
    }
    for kind, properties in resources.values():
        if not isinstance(properties, dict):
            continue
        if kind == _ASSOCIATIONS:
            for cluster in _named(found, properties.get("Cluster"), "ClusterName"):
                cluster |= {
                    key: properties[key]
                    for key in ("CapacityProviders", "DefaultCapacityProviderStrategy")
                    if key in properties
                }
        elif kind == _INGRESS:
            for group in _named(found, properties.get("GroupId"), "GroupName"):
                listed = group.get("SecurityGroupIngress")
                own = listed if isinstance(listed, list) else []
                group["SecurityGroupIngress"] = [*own, properties]
    return found


def _named(found: dict[str, Any], name: Any, field: str) -> list[Properties]:
    candidates = [found.get(name)] if isinstance(name, str) else []
    candidates += [
        each for each in found.values() if isinstance(each, dict) and each.get(field) == name
    ]
    return [each for each in candidates[:1] if isinstance(each, dict)]


def _ecs(properties: Properties) -> Properties:
    renamed: Properties = to_api(properties)
    return renamed


def _target_group(properties: Properties) -> Properties:
    # A template that gives no attributes gets the defaults: nothing is unknown about them.
    return properties | {
        "TargetGroupName": properties.get("Name"),
        "Attributes": properties.get("TargetGroupAttributes", []),
    }


def _load_balancer(properties: Properties) -> Properties:
    return (
        {"Scheme": "internet-facing", "Type": "application"}
        | properties
        | {
            "LoadBalancerName": properties.get("Name"),
            "Attributes": properties.get("LoadBalancerAttributes", []),
        }
    )


def _as_it_is(properties: Properties) -> Properties:
    return properties


def _log_group(properties: Properties) -> Properties:
    return {api_name(key): value for key, value in properties.items()}


def _role(properties: Properties) -> Properties:
    attached = properties.get("ManagedPolicyArns", [])
    inline = properties.get("Policies", [])
    return properties | {
        "AttachedPolicies": [_attached(each) for each in attached]
        if isinstance(attached, list)
        else attached,
        "Policies": [
            each.get("PolicyDocument") if isinstance(each, dict) else each for each in inline
        ]
        if isinstance(inline, list)
        else inline,
    }


def _attached(arn: Any) -> Any:
    if not isinstance(arn, str):
        return Unresolved("a policy that is not known")
    return {"PolicyArn": arn, "PolicyName": arn.rpartition("/")[2]}


def _security_group(properties: Properties) -> Properties:
    rules = properties.get("SecurityGroupIngress", [])
    permissions = [_permission(each) for each in rules] if isinstance(rules, list) else rules
    return properties | {"IpPermissions": permissions}


def _permission(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return Unresolved("a rule that is not known")
    ranges = {"CidrIp": "IpRanges", "CidrIpv6": "Ipv6Ranges"}
    listed = {name: [{field: rule[field]}] for field, name in ranges.items() if field in rule}
    if "SourceSecurityGroupId" in rule:
        listed["UserIdGroupPairs"] = [{"GroupId": rule["SourceSecurityGroupId"]}]
    ports = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    return ports | listed


SHAPES: Mapping[str, tuple[type[Resource], Callable[[Properties], Properties]]] = {
    "AWS::ECS::TaskDefinition": (TaskDefinition, _ecs),
    "AWS::ECS::Service": (Service, _ecs),
    "AWS::ECS::Cluster": (Cluster, _ecs),
    "AWS::ECS::CapacityProvider": (CapacityProvider, _ecs),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (TargetGroup, _target_group),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (LoadBalancer, _load_balancer),
    "AWS::ElasticLoadBalancingV2::Listener": (Listener, _as_it_is),
    "AWS::ElasticLoadBalancingV2::ListenerRule": (ListenerRule, _as_it_is),
    "AWS::ApplicationAutoScaling::ScalableTarget": (ScalableTarget, _as_it_is),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (ScalingPolicy, _as_it_is),
    "AWS::CloudWatch::Alarm": (Alarm, _as_it_is),
    "AWS::SQS::Queue": (Queue, _as_it_is),
    "AWS::Logs::LogGroup": (LogGroup, _log_group),
    "AWS::IAM::Role": (Role, _role),
    "AWS::EC2::SecurityGroup": (SecurityGroup, _security_group),
    "AWS::EC2::Subnet": (Subnet, _as_it_is),
    "AWS::EC2::VPCEndpoint": (Endpoint, _as_it_is),
    "AWS::Events::Rule": (EventRule, _as_it_is),
}
