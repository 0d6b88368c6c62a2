"""AWS::DynamoDB::*."""

from __future__ import annotations

from sandbox.stack.api import call
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates

TABLE = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableClass",
    "DeletionProtectionEnabled",
)


@creates(
    "AWS::DynamoDB::Table",
    "TableName TimeToLiveSpecification PointInTimeRecoverySpecification SSESpecification Tags "
    + " ".join(TABLE),
)
def table(resource: Resource) -> Created:
    """Create a table; expired items disappear only from moto's own scans, as late as AWS likes."""
    name = resource.name("TableName", 255)
    params = resource.only(*TABLE) | {"TableName": name, "Tags": resource.tags()}
    if "StreamSpecification" in params:
        params["StreamSpecification"] = {"StreamEnabled": True} | params["StreamSpecification"]
    encryption = resource.properties.get("SSESpecification")
    if encryption:
        params["SSESpecification"] = {
            "Enabled" if key == "SSEEnabled" else key: value for key, value in encryption.items()
        }
    made = call(resource, "dynamodb", "CreateTable", params)["TableDescription"]
    ttl = resource.properties.get("TimeToLiveSpecification")
    if ttl:
        settings = {"TableName": name, "TimeToLiveSpecification": ttl}
        call(resource, "dynamodb", "UpdateTimeToLive", settings)
    recovery = resource.properties.get("PointInTimeRecoverySpecification")
    if recovery:
        backups = {"TableName": name, "PointInTimeRecoverySpecification": recovery}
        call(resource, "dynamodb", "UpdateContinuousBackups", backups)
    attributes = {"Arn": made["TableArn"]}
    if "LatestStreamArn" in made:
        attributes["StreamArn"] = made["LatestStreamArn"]
    return Created(name, attributes)
