"""AWS::Logs::* and AWS::CloudWatch::*."""

from __future__ import annotations

from sandbox.stack.api import call, json_text
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates

ALARM = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)
COMPOSITE = (
    "ActionsEnabled",
    "ActionsSuppressor",
    "ActionsSuppressorExtensionPeriod",
    "ActionsSuppressorWaitPeriod",
    "AlarmActions",
    "AlarmDescription",
    "AlarmRule",
    "InsufficientDataActions",
    "OKActions",
)


@creates(
    "AWS::Logs::LogGroup",
    "LogGroupName RetentionInDays LogGroupClass KmsKeyId Tags DataProtectionPolicy",
)
def log_group(resource: Resource) -> Created:
    """Create a log group with its retention."""
    if "DataProtectionPolicy" in resource.properties:
        raise resource.unsupported("DataProtectionPolicy")
    name = resource.name("LogGroupName", 512)
    params = {"logGroupName": name, "tags": {t["Key"]: t["Value"] for t in resource.tags()}}
    if "LogGroupClass" in resource.properties:
        params["logGroupClass"] = resource.properties["LogGroupClass"]
    call(resource, "logs", "CreateLogGroup", params)
    if "RetentionInDays" in resource.properties:
        retention = {
            "logGroupName": name,
            "retentionInDays": resource.properties["RetentionInDays"],
        }
        call(resource, "logs", "PutRetentionPolicy", retention)
    return Created(name, {"Arn": resource.arn("logs", f"log-group:{name}:*")})


@creates("AWS::Logs::MetricFilter", "FilterName FilterPattern LogGroupName MetricTransformations")
def metric_filter(resource: Resource) -> Created:
    """Store a metric filter; nothing evaluates it."""
    name = resource.name("FilterName", 512)
    renamed = {
        "MetricName": "metricName",
        "MetricNamespace": "metricNamespace",
        "MetricValue": "metricValue",
        "DefaultValue": "defaultValue",
        "Dimensions": "dimensions",
        "Unit": "unit",
    }
    params = {
        "filterName": name,
        "filterPattern": resource.properties["FilterPattern"],
        "logGroupName": resource.properties["LogGroupName"],
        "metricTransformations": [
            {renamed.get(key, key): value for key, value in transformation.items()}
            for transformation in resource.properties["MetricTransformations"]
        ],
    }
    call(resource, "logs", "PutMetricFilter", params)
    return Created(name)


@creates("AWS::CloudWatch::Alarm", "AlarmName Tags " + " ".join(ALARM))
def alarm(resource: Resource) -> Created:
    """Store an alarm; nothing evaluates it, SetAlarmState changes it."""
    name = resource.name("AlarmName", 255)
    params = resource.only(*ALARM) | {"AlarmName": name, "Tags": resource.tags()}
    call(resource, "cloudwatch", "PutMetricAlarm", params)
    return Created(name, {"Arn": resource.arn("cloudwatch", f"alarm:{name}")})


@creates(
    "AWS::CloudWatch::CompositeAlarm",
    "AlarmName Tags " + " ".join(COMPOSITE),
)
def composite_alarm(resource: Resource) -> Created:
    """Store a composite alarm; nothing evaluates its rule, SetAlarmState changes it."""
    name = resource.name("AlarmName", 255)
    params = resource.only(*COMPOSITE) | {"AlarmName": name, "Tags": resource.tags()}
    call(resource, "cloudwatch", "PutCompositeAlarm", params)
    return Created(name, {"Arn": resource.arn("cloudwatch", f"alarm:{name}")})


@creates("AWS::CloudWatch::Dashboard", "DashboardName DashboardBody")
def dashboard(resource: Resource) -> Created:
    """Store a dashboard."""
    name = resource.name("DashboardName", 255)
    body = json_text(resource.properties["DashboardBody"])
    call(resource, "cloudwatch", "PutDashboard", {"DashboardName": name, "DashboardBody": body})
    return Created(name)
