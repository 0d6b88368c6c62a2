"""A web service with nothing to find: every rule passes on it or does not apply.

Cases break it field by field. It is a function, so that nobody shares a copy.
"""

from __future__ import annotations

from typing import Any

from audit.model.graph import Graph, Item
from audit.model.load_balancing import Listener, ListenerRule, LoadBalancer, TargetGroup
from audit.model.queue import Queue
from audit.model.resource import Resource
from audit.model.scaling import Alarm, ScalableTarget, ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.surroundings import (
    AccountSetting,
    CapacityProvider,
    Endpoint,
    EventRule,
    LogGroup,
    Role,
    SecurityGroup,
    Subnet,
)
from audit.model.task_definition import TaskDefinition
from audit.model.utilisation import Utilisation

ACCOUNT = "111122223333"
REGION = "eu-west-1"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
GROUP = f"{ELB}:targetgroup/web/0123456789abcdef"
BALANCER = f"{ELB}:loadbalancer/app/web/fedcba9876543210"

type World = dict[type[Resource], list[Any]]


def world() -> World:
    """Every document, by kind."""
    return {
        TaskDefinition: [_task_definition()],
        Service: [_service()],
        Cluster: [_cluster()],
        TargetGroup: [_target_group()],
        LoadBalancer: [_load_balancer()],
        Listener: [_listener()],
        ListenerRule: [],
        ScalableTarget: [_scalable_target()],
        ScalingPolicy: [_cpu_policy(), _request_policy()],
        Alarm: [],
        LogGroup: [{"logGroupName": "/ecs/web", "retentionInDays": 30}],
        Role: [_role("web-task"), _role("web-execution")],
        SecurityGroup: [_balancer_group(), _task_group()],
        Subnet: [_subnet("a"), _subnet("b"), _subnet("c")],
        Endpoint: [],
        CapacityProvider: [],
        EventRule: [_event_rule()],
        Queue: [],
        Utilisation: [_utilisation()],
        AccountSetting: [{"name": "defaultLogDriverMode", "value": "non-blocking"}],
    }


def graph_of(world: World, *, complete: bool = True) -> Graph:
    """The graph; with everything known, unless told otherwise."""
    items = [Item(kind, data) for kind, documents in world.items() for data in documents]
    return Graph(items, frozenset(world) if complete else frozenset())


def _task_definition() -> dict[str, Any]:
    return {
        "taskDefinitionArn": f"{ECS}:task-definition/web:7",
        "family": "web",
        "revision": 7,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/web-execution",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/web-task",
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "volumes": [{"name": "scratch"}],
        "containerDefinitions": [_app(), _router()],
        "tags": [{"key": "team", "value": "shop"}, {"key": "environment", "value": "production"}],
    }


def _image(name: str) -> str:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:1.4.2@sha256:{digest}"


def _logs(prefix: str) -> dict[str, Any]:
    options = {
        "awslogs-group": "/ecs/web",
        "awslogs-region": REGION,
        "awslogs-stream-prefix": prefix,
        "mode": "non-blocking",
        "max-buffer-size": "25m",
    }
    return {"logDriver": "awslogs", "options": options}


def _app() -> dict[str, Any]:
    return {
        "name": "app",
        "image": _image("web"),
        "essential": True,
        "cpu": 896,
        "memory": 1792,
        "user": "1000:1000",
        "readonlyRootFilesystem": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": [{"name": "PORT", "value": "8080"}],
        "secrets": [
            {
                "name": "DATABASE_URL",
                "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:web/db-AbCdEf",
            }
        ],
        "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/tmp"}],
        "healthCheck": {
            "command": ["CMD", "/app/healthy"],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 30,
        },
        "stopTimeout": 60,
        "dependsOn": [{"containerName": "agent", "condition": "HEALTHY"}],
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": _logs("app"),
    }


def _router() -> dict[str, Any]:
    return {
        "name": "agent",
        "image": _image("agent"),
        "essential": False,
        "restartPolicy": {"enabled": True},
        "cpu": 128,
        "memory": 256,
        "user": "1001",
        "readonlyRootFilesystem": True,
        "portMappings": [{"containerPort": 9000, "protocol": "tcp"}],
        "healthCheck": {
            "command": ["CMD", "/agent", "--healthy"],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 10,
        },
        "stopTimeout": 10,
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": _logs("agent"),
    }


def _service() -> dict[str, Any]:
    return {
        "serviceArn": f"{ECS}:service/prod/web",
        "serviceName": "web",
        "clusterArn": f"{ECS}:cluster/prod",
        "status": "ACTIVE",
        "taskDefinition": f"{ECS}:task-definition/web:7",
        "desiredCount": 4,
        "runningCount": 4,
        "pendingCount": 0,
        "capacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
            {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0},
        ],
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": {
            "strategy": "ROLLING",
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "alarms": {"alarmNames": ["web-5xx"], "enable": True, "rollback": True},
        },
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}],
        "healthCheckGracePeriodSeconds": 120,
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-a", "subnet-b", "subnet-c"],
                "securityGroups": ["sg-tasks"],
                "assignPublicIp": "DISABLED",
            }
        },
        "availabilityZoneRebalancing": "ENABLED",
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "enableExecuteCommand": False,
        "tags": [{"key": "team", "value": "shop"}, {"key": "environment", "value": "production"}],
    }


def _utilisation() -> dict[str, Any]:
    return {
        "ServiceArn": f"{ECS}:service/prod/web",
        "Hours": 336,
        "CpuP99": 62.0,
        "CpuMaximum": 80.0,
        "CpuMean": 45.0,
        "MemoryMaximum": 60.0,
        "Requests": 1_000_000,
    }


def _cluster() -> dict[str, Any]:
    return {
        "clusterArn": f"{ECS}:cluster/prod",
        "clusterName": "prod",
        "status": "ACTIVE",
        "settings": [{"name": "containerInsights", "value": "enhanced"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [],
        "tags": [{"key": "team", "value": "shop"}, {"key": "environment", "value": "production"}],
    }


def _target_group() -> dict[str, Any]:
    return {
        "TargetGroupArn": GROUP,
        "TargetGroupName": "web",
        "Protocol": "HTTP",
        "Port": 8080,
        "TargetType": "ip",
        "VpcId": "vpc-1",
        "LoadBalancerArns": [BALANCER],
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/healthy",
        "HealthCheckIntervalSeconds": 10,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 4,
        "Matcher": {"HttpCode": "200"},
        "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}],
    }


def _load_balancer() -> dict[str, Any]:
    return {
        "LoadBalancerArn": BALANCER,
        "LoadBalancerName": "web",
        "Type": "application",
        "Scheme": "internet-facing",
        "VpcId": "vpc-1",
        "SecurityGroups": ["sg-balancer"],
        "Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "45"}],
    }


def _listener() -> dict[str, Any]:
    return {
        "ListenerArn": f"{ELB}:listener/app/web/fedcba9876543210/1",
        "LoadBalancerArn": BALANCER,
        "Port": 443,
        "Protocol": "HTTPS",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": GROUP}],
    }


def _scalable_target() -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/prod/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 3,
        "MaxCapacity": 20,
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
    }


def _cpu_policy() -> dict[str, Any]:
    return _policy("cpu", 60.0, {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"})


def _request_policy() -> dict[str, Any]:
    label = "app/web/fedcba9876543210/targetgroup/web/0123456789abcdef"
    return _policy(
        "requests",
        1000.0,
        {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label},
    )


def _policy(name: str, target: float, metric: dict[str, Any]) -> dict[str, Any]:
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "ServiceNamespace": "ecs",
        "ResourceId": "service/prod/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target,
            "PredefinedMetricSpecification": metric,
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
            "DisableScaleIn": False,
        },
    }


def _role(name: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/web:*",
    }
    return {
        "RoleName": name,
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "AttachedPolicies": [],
        "Policies": [{"Version": "2012-10-17", "Statement": [statement]}],
    }


def _balancer_group() -> dict[str, Any]:
    everyone = [{"CidrIp": "0.0.0.0/0"}]
    ingress = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": everyone}
    return {"GroupId": "sg-balancer", "VpcId": "vpc-1", "IpPermissions": [ingress]}


def _task_group() -> dict[str, Any]:
    from_balancer = [{"GroupId": "sg-balancer"}]
    ingress = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "UserIdGroupPairs": from_balancer,
    }
    return {"GroupId": "sg-tasks", "VpcId": "vpc-1", "IpPermissions": [ingress]}


def _event_rule() -> dict[str, Any]:
    pattern = '{"source": ["aws.ecs"], "detail-type": ["ECS Deployment State Change"]}'
    return {"Name": "deployments", "State": "ENABLED", "EventPattern": pattern}


def _subnet(zone: str) -> dict[str, Any]:
    return {
        "SubnetId": f"subnet-{zone}",
        "VpcId": "vpc-1",
        "AvailabilityZone": f"{REGION}{zone}",
        "AvailableIpAddressCount": 200,
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}],
    }
