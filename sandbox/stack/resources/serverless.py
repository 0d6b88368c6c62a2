"""AWS::Lambda::*."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.gateway.iam.policy import evaluate
from sandbox.lambda_host.event_source_mapping import EventSourceMapping, MappingSettings
from sandbox.lambda_host.function import DeployedFunction
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates
from sandbox.stack.roles import credentials_for
from sandbox.stack.translate import CODE_BUCKET, InvalidTemplate

if TYPE_CHECKING:
    from pathlib import Path

POLLER_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@creates(
    "AWS::Lambda::Function",
    "FunctionName Code Handler Runtime Role Timeout MemorySize Environment Tags Description "
    "Architectures TracingConfig LoggingConfig ReservedConcurrentExecutions DeadLetterConfig "
    "EphemeralStorage PackageType RuntimeManagementConfig RecursiveLoop",
)
def function(resource: Resource) -> Created:
    """Make a function known to the host that will run it."""
    into, properties = resource.into, resource.properties
    name = resource.name("FunctionName")
    logging = properties.get("LoggingConfig", {})
    reserved = properties.get("ReservedConcurrentExecutions")
    made = DeployedFunction(
        name=name,
        arn=resource.arn("lambda", f"function:{name}"),
        handler=properties["Handler"],
        code=_code(resource),
        role_arn=properties["Role"],
        credentials=credentials_for(properties["Role"], name),
        variables=_variables(resource),
        runtime=properties["Runtime"],
        timeout_s=int(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
        log_format=logging.get("LogFormat", "Text"),
        log_level=_log_level(logging),
        architecture=properties.get("Architectures", ["x86_64"])[0],
        tracing=properties.get("TracingConfig", {}).get("Mode", "PassThrough"),
        reserved_concurrency=None if reserved is None else int(reserved),
        dead_letter=properties.get("DeadLetterConfig", {}).get("TargetArn"),
    )
    if into.roles.get(made.role_arn) is None:
        raise resource.unsupported(f"Role: {made.role_arn} is not a role of this stack")
    into.functions.add(made, into.host)
    return Created(name, {"Arn": made.arn})


def _code(resource: Resource) -> Path:
    code = resource.properties["Code"]
    if code.get("S3Bucket") != CODE_BUCKET:
        raise resource.unsupported("Code that is not a local CodeUri")
    into = resource.into
    folder = into.folder / str(code["S3Key"])
    if into.artefact is not None:
        # `sam build` leaves one folder per function, or with one build for all a shared one.
        own = into.artefact / resource.logical_id
        folder = own if own.is_dir() else into.artefact
    if not folder.is_dir():
        raise resource.unsupported(f"CodeUri: there is no folder {folder}")
    return folder.resolve()


def _variables(resource: Resource) -> dict[str, str]:
    given = resource.properties.get("Environment", {}).get("Variables", {})
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
    }
    if sum(len(name) + len(value) for name, value in texts.items()) > 4096:
        raise InvalidTemplate(f"{resource.logical_id}: environment variables exceed 4 KB")
    return texts


def _log_level(logging: dict[str, str]) -> str:
    # Log levels apply to the JSON format only; it filters INFO and above unless told otherwise.
    if logging.get("LogFormat") != "JSON":
        return ""
    return logging.get("ApplicationLogLevel", "INFO")


@creates(
    "AWS::Lambda::Permission",
    "Action FunctionName Principal SourceArn SourceAccount EventSourceToken PrincipalOrgID",
)
def permission(resource: Resource) -> Created:
    """Let a service invoke a function."""
    properties = resource.properties
    made = resource.into.functions.get(properties["FunctionName"])
    condition = {}
    if "SourceArn" in properties:
        condition["ArnLike"] = {"AWS:SourceArn": properties["SourceArn"]}
    if "SourceAccount" in properties:
        condition["StringEquals"] = {"AWS:SourceAccount": properties["SourceAccount"]}
    statement = {
        "Sid": resource.logical_id,
        "Effect": "Allow",
        "Principal": {"Service": properties["Principal"]},
        "Action": properties["Action"],
        "Resource": made.arn,
        "Condition": condition,
    }
    resource.into.functions.policies[made.name]["Statement"].append(statement)
    return Created(resource.logical_id)


@creates(
    "AWS::Lambda::EventInvokeConfig",
    "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig",
)
def event_invoke_config(resource: Resource) -> Created:
    """Set how asynchronous invocations are retried."""
    properties, functions = resource.properties, resource.into.functions
    made = functions.get(properties["FunctionName"])
    destinations = properties.get("DestinationConfig", {})
    functions.async_policies[made.name] = replace(
        functions.async_policies[made.name],
        maximum_attempts=int(properties.get("MaximumRetryAttempts", 2)),
        maximum_age_s=int(properties.get("MaximumEventAgeInSeconds", 21_600)),
        on_failure=destinations.get("OnFailure", {}).get("Destination"),
        on_success=destinations.get("OnSuccess", {}).get("Destination"),
    )
    return Created(resource.logical_id)


@creates(
    "AWS::Lambda::EventSourceMapping",
    "EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds ScalingConfig "
    "FunctionResponseTypes FilterCriteria Enabled Tags MetricsConfig",
)
def event_source_mapping(resource: Resource) -> Created:
    """Connect a queue to a function."""
    properties, into = resource.properties, resource.into
    made = into.functions.get(properties["FunctionName"])
    settings = MappingSettings(
        uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{into.stack}/{resource.logical_id}")),
        queue_arn=properties["EventSourceArn"],
        function=made.name,
        batch_size=int(properties.get("BatchSize", 10)),
        batching_window_s=int(properties.get("MaximumBatchingWindowInSeconds", 0)),
        maximum_concurrency=_maximum_concurrency(resource),
        partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        filters=tuple(
            each["Pattern"] for each in properties.get("FilterCriteria", {}).get("Filters", [])
        ),
        enabled=str(properties.get("Enabled", True)).lower() == "true",
    )
    _check_mapping(resource, settings, made)
    into.functions.mappings.append(EventSourceMapping(settings, into.dispatch))
    into.checks.append(lambda: _check_role(resource, settings, made))
    return Created(settings.uuid, {"Id": settings.uuid})


def _maximum_concurrency(resource: Resource) -> int | None:
    scaling = resource.properties.get("ScalingConfig", {})
    if "MaximumConcurrency" not in scaling:
        return None
    maximum = int(scaling["MaximumConcurrency"])
    if not 2 <= maximum <= 1000:
        raise InvalidTemplate(
            f"{resource.logical_id}: MaximumConcurrency must be between 2 and 1000, not {maximum}"
        )
    return maximum


def _check_mapping(resource: Resource, settings: MappingSettings, made: DeployedFunction) -> None:
    queue = resource.into.dispatch.queues.find(settings.queue_arn)
    if queue is None or queue.fifo_queue:
        raise resource.unsupported(f"EventSourceArn {settings.queue_arn}: no standard queue here")
    if queue.visibility_timeout < made.timeout_s:
        raise InvalidTemplate(
            f"{resource.logical_id}: Queue visibility timeout: {queue.visibility_timeout} seconds is "
            f"less than Function timeout: {made.timeout_s} seconds"
        )
    if settings.batch_size > 10 and settings.batching_window_s < 1:
        raise InvalidTemplate(
            f"{resource.logical_id}: Maximum batch window in seconds must be greater than 0 if "
            "maximum batch size is greater than 10"
        )


def _check_role(resource: Resource, settings: MappingSettings, made: DeployedFunction) -> None:
    """Lambda polls with the function's own role."""
    policies = resource.into.roles.policies(made.role_arn)
    for action in POLLER_ACTIONS:
        if not evaluate(policies, action, settings.queue_arn, {}).allowed:
            raise InvalidTemplate(
                f"{resource.logical_id}: the execution role does not have permissions to call "
                f"{action.partition(':')[2]} on SQS"
            )
