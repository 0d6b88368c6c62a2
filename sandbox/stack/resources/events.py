"""AWS::Events::* and AWS::Scheduler::*."""

from __future__ import annotations

from sandbox.stack.api import call, json_text
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates


@creates("AWS::Events::EventBus", "Name Description Tags")
def event_bus(resource: Resource) -> Created:
    """Create a bus of one's own."""
    name = resource.properties["Name"]
    arn = call(resource, "events", "CreateEventBus", {"Name": name})["EventBusArn"]
    return Created(name, {"Arn": arn, "Name": name})


@creates(
    "AWS::Events::Rule",
    "Name Description EventBusName EventPattern ScheduleExpression State RoleArn Targets Tags",
)
def rule(resource: Resource) -> Created:
    """Create a rule with its targets."""
    name = resource.name("Name")
    bus = resource.only("EventBusName")
    params = resource.only("Description", "ScheduleExpression", "State", "RoleArn") | bus
    if "EventPattern" in resource.properties:
        params["EventPattern"] = json_text(resource.properties["EventPattern"])
    made = call(resource, "events", "PutRule", params | {"Name": name, "Tags": resource.tags()})
    targets = resource.properties.get("Targets", [])
    if targets:
        call(resource, "events", "PutTargets", bus | {"Rule": name, "Targets": targets})
    custom = bus.get("EventBusName", "default") != "default"
    ref = f"{bus['EventBusName']}|{name}" if custom else name
    return Created(ref, {"Arn": made["RuleArn"]})


@creates(
    "AWS::Scheduler::Schedule",
    "Name Description ScheduleExpression ScheduleExpressionTimezone StartDate EndDate State "
    "FlexibleTimeWindow GroupName Target",
)
def schedule(resource: Resource) -> Created:
    """Create a schedule."""
    name = resource.name("Name")
    made = call(resource, "scheduler", "CreateSchedule", resource.properties | {"Name": name})
    return Created(name, {"Arn": made["ScheduleArn"]})


@creates("AWS::Scheduler::ScheduleGroup", "Name Tags")
def schedule_group(resource: Resource) -> Created:
    """Create a group for schedules."""
    name = resource.name("Name")
    params = {"Name": name, "Tags": resource.tags()}
    made = call(resource, "scheduler", "CreateScheduleGroup", params)
    return Created(name, {"Arn": made["ScheduleGroupArn"]})
