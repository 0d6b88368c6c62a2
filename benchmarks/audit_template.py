"""A CloudFormation template of services behind a load balancer, as teams write them."""

from __future__ import annotations

from typing import Any

_REGION = {"Ref": "AWS::Region"}


def template(services: int) -> dict[str, Any]:
    """As many services, each with its task definition, log group and target group."""
    resources: dict[str, Any] = {
        "Cluster": {
            "Type": "AWS::ECS::Cluster",
            "Properties": {"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
        },
        "ExecutionRole": {"Type": "AWS::IAM::Role", "Properties": _role()},
    }
    for number in range(services):
        resources |= _service(number)
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _role() -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def _service(number: int) -> dict[str, Any]:
    group = {"TargetType": "ip", "Port": 8080, "Protocol": "HTTP", "VpcId": "vpc-0123456789abcdef0"}
    return {
        f"Logs{number}": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": f"/ecs/web{number}", "RetentionInDays": 30},
        },
        f"Task{number}": {"Type": "AWS::ECS::TaskDefinition", "Properties": _task(number)},
        f"Group{number}": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": group | {"HealthCheckPath": "/health"},
        },
        f"Service{number}": {
            "Type": "AWS::ECS::Service",
            "Properties": {
                "Cluster": {"Ref": "Cluster"},
                "TaskDefinition": {"Ref": f"Task{number}"},
                "DesiredCount": 2,
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {
                    "AwsvpcConfiguration": {
                        "Subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                        "SecurityGroups": ["sg-0123456789abcdef0"],
                    }
                },
                "LoadBalancers": [
                    {
                        "ContainerName": "app",
                        "ContainerPort": 8080,
                        "TargetGroupArn": {"Ref": f"Group{number}"},
                    }
                ],
            },
        },
    }


def _task(number: int) -> dict[str, Any]:
    options = {
        "awslogs-group": {"Ref": f"Logs{number}"},
        "awslogs-region": _REGION,
        "awslogs-stream-prefix": "app",
    }
    image = {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/web:1.4.2"}
    return {
        "Family": f"web{number}",
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": ["FARGATE"],
        "Cpu": "512",
        "Memory": "1024",
        "ExecutionRoleArn": {"Fn::GetAtt": ["ExecutionRole", "Arn"]},
        "ContainerDefinitions": [
            {
                "Name": "app",
                "Image": image,
                "PortMappings": [{"ContainerPort": 8080}],
                "Environment": [{"Name": "PORT", "Value": "8080"}],
                "LogConfiguration": {"LogDriver": "awslogs", "Options": options},
            }
        ],
    }
