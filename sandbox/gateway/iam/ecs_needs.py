"""Actions, resources and condition keys of Amazon ECS.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic
Container Service". An operation that is in none of the tables has no resource-level permission.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sandbox.gateway.iam.needs import Need, Parameters, Scope, operations, request_tags
from sandbox.gateway.iam.passed_roles import passed_roles

Resources = list[str]


def _names(parameters: Parameters, *members: str) -> list[str]:
    for member in members:
        value = parameters.get(member)
        if value:
            return [value] if isinstance(value, str) else list(value)
    return []


def _cluster_name(parameters: Parameters) -> str:
    named = parameters.get("cluster")
    if named:
        return str(named).rsplit("/", 1)[-1]
    for arn in _names(parameters, "service", "services", "task", "tasks"):
        parts = arn.split("/")
        if arn.startswith("arn:") and len(parts) > 2:
            return parts[1]
    return "default"


def _clusters(scope: Scope, parameters: Parameters) -> Resources:
    names = _names(parameters, "clusters", "cluster", "clusterName") or ["default"]
    return [scope.arn_of("ecs", "cluster/", name) for name in names]


def _in_cluster(kind: str, *members: str) -> Callable[[Scope, Parameters], Resources]:
    def resources(scope: Scope, parameters: Parameters) -> Resources:
        prefix = f"{kind}/{_cluster_name(parameters)}/"
        return [scope.arn_of("ecs", prefix, name) for name in _names(parameters, *members)]

    return resources


_services = _in_cluster("service", "services", "service", "serviceName")
_tasks = _in_cluster("task", "tasks", "task")
_instances = _in_cluster(
    "container-instance", "containerInstances", "containerInstance", "targetIds"
)


def _task_definitions(scope: Scope, parameters: Parameters) -> Resources:
    names = _names(parameters, "taskDefinitions", "taskDefinition", "family")
    return [_task_definition(scope, name) for name in names]


def _task_definition(scope: Scope, name: str) -> str:
    arn = scope.arn_of("ecs", "task-definition/", name)
    # A family stands for one of its revisions; which one, only the service knows.
    return arn if ":" in arn.rsplit("/", 1)[-1] else f"{arn}:*"


def _task_sets(scope: Scope, parameters: Parameters) -> Resources:
    service = str(parameters.get("service", "")).rsplit("/", 1)[-1]
    prefix = f"task-set/{_cluster_name(parameters)}/{service}/"
    names = _names(parameters, "taskSets", "taskSet") or ["*"]
    return [scope.arn_of("ecs", prefix, name) for name in names]


def _capacity_providers(scope: Scope, parameters: Parameters) -> Resources:
    names = _names(parameters, "capacityProviders", "capacityProvider", "name")
    return [scope.arn_of("ecs", "capacity-provider/", name) for name in names or ["*"]]


def _with_their_service(scope: Scope, parameters: Parameters) -> Resources:
    """Service deployments and revisions: the caller needs the service as well."""
    arns = _names(
        parameters,
        "serviceDeploymentArns",
        "serviceDeploymentArn",
        "serviceRevisionArns",
    )
    services = [
        scope.arn("ecs", "service/" + "/".join(arn.split("/")[1:3])) for arn in arns if "/" in arn
    ]
    return [*arns, *dict.fromkeys(services)]


def _named(scope: Scope, parameters: Parameters) -> Resources:
    del scope
    return _names(parameters, "resourceArn")


def _by_instance(scope: Scope, parameters: Parameters) -> Resources:
    # Without an instance AWS asks about "*": refusals say "ecs:ListTasks on resource: *".
    return _instances(scope, parameters) or ["*"]


def _cluster_and_task(scope: Scope, parameters: Parameters) -> Resources:
    return [*_clusters(scope, parameters), *_tasks(scope, parameters)]


def _rows(
    resources: Callable[[Scope, Parameters], Resources], operations: str
) -> dict[str, Callable[[Scope, Parameters], Resources]]:
    return dict.fromkeys(operations.split(), resources)


RESOURCES: dict[str, Callable[[Scope, Parameters], Resources]] = {
    **_rows(
        _clusters,
        "CreateCluster DeleteCluster DeregisterContainerInstance DescribeClusters ListAttributes "
        "ListContainerInstances PutClusterCapacityProviders RegisterContainerInstance "
        "SubmitAttachmentStateChanges SubmitContainerStateChange SubmitTaskStateChange UpdateCluster "
        "UpdateClusterSettings",
    ),
    **_rows(
        _services,
        "CreateService DeleteService DescribeServices ListServiceDeployments UpdateService "
        "UpdateServicePrimaryTaskSet",
    ),
    **_rows(_tasks, "DescribeTasks GetTaskProtection StopTask UpdateTaskProtection"),
    **_rows(_cluster_and_task, "ExecuteCommand"),
    **_rows(
        _instances,
        "DescribeContainerInstances UpdateContainerAgent UpdateContainerInstancesState",
    ),
    **_rows(_by_instance, "DeleteAttributes ListTasks PutAttributes"),
    **_rows(_task_definitions, "DeleteTaskDefinitions RegisterTaskDefinition RunTask StartTask"),
    **_rows(_task_sets, "CreateTaskSet DeleteTaskSet DescribeTaskSets UpdateTaskSet"),
    **_rows(
        _capacity_providers,
        "CreateCapacityProvider DeleteCapacityProvider DescribeCapacityProviders "
        "UpdateCapacityProvider",
    ),
    **_rows(
        _with_their_service,
        "ContinueServiceDeployment DescribeServiceDeployments DescribeServiceRevisions "
        "StopServiceDeployment",
    ),
    **_rows(_named, "ListTagsForResource TagResource UntagResource"),
}

# Where a cluster is the resource itself, ecs:cluster is no condition key.
_CLUSTER_IS_NO_KEY = {
    name
    for name, resources in RESOURCES.items()
    if resources in (_clusters, _capacity_providers, _named)
} | {"RegisterTaskDefinition", "DeleteTaskDefinitions"}
_CLUSTER_IS_A_KEY = (set(RESOURCES) - _CLUSTER_IS_NO_KEY) | {"ListServices"}
_SERVICE_IS_A_KEY = operations(
    "CreateTaskSet DeleteTaskSet DescribeTaskSets UpdateTaskSet DescribeServiceDeployments "
    "DescribeServiceRevisions StopServiceDeployment ContinueServiceDeployment"
)
_LAUNCH_KEYS = {"CreateService", "UpdateService", "RunTask", "StartTask", "CreateTaskSet"}
_TASK_DEFINITION_IS_A_KEY = {"CreateService", "UpdateService", "CreateTaskSet"}
_PASSES_ROLES = {
    "CreateService",
    "CreateTaskSet",
    "RegisterTaskDefinition",
    "RunTask",
    "StartTask",
    "UpdateService",
}
_TAGGED_ON_CREATION = {
    "CreateCapacityProvider",
    "CreateCluster",
    "CreateService",
    "CreateTaskSet",
    "RegisterTaskDefinition",
    "RunTask",
    "StartTask",
}


def _passed_definitions(operation: str, scope: Scope, parameters: Parameters) -> Resources:
    """The task definitions whose roles a call hands to tasks."""
    return _task_definitions(scope, parameters) if operation in _PASSES_ROLES else []


def needs(
    operation: str, scope: Scope, parameters: Parameters, roles_of: Callable[[str], Sequence[str]]
) -> list[Need]:
    """The needs of one ECS call; a batch needs every resource it names."""
    resources = RESOURCES[operation](scope, parameters) if operation in RESOURCES else ["*"]
    found = [
        Need(f"ecs:{operation}", resource, _context(operation, scope, parameters, resource))
        for resource in resources or ["*"]
    ]
    found += passed_roles(parameters, _passed_definitions(operation, scope, parameters), roles_of)
    if operation in _TAGGED_ON_CREATION and parameters.get("tags"):
        created = resources
        if operation in ("RunTask", "StartTask"):
            created = [scope.arn("ecs", f"task/{_cluster_name(parameters)}/*")]
        context = {"ecs:createaction": operation, **request_tags(parameters)}
        found += [Need("ecs:TagResource", resource, context) for resource in created]
    return found


def _context(
    operation: str, scope: Scope, parameters: Parameters, resource: str
) -> dict[str, str | Sequence[str]]:
    context: dict[str, str | Sequence[str]] = {}
    parts = resource.split("/")
    if operation in _CLUSTER_IS_A_KEY:
        in_arn = len(parts) > 2 and "task-definition" not in parts[0]
        name = parts[1] if in_arn else _cluster_name(parameters)
        context["ecs:cluster"] = scope.arn("ecs", f"cluster/{name}")
    if operation in _SERVICE_IS_A_KEY and len(parts) > 2:
        context["ecs:service"] = scope.arn("ecs", f"service/{parts[1]}/{parts[2]}")
    if operation in _TASK_DEFINITION_IS_A_KEY and parameters.get("taskDefinition"):
        context["ecs:task-definition"] = _task_definition(scope, str(parameters["taskDefinition"]))
    if operation == "ExecuteCommand":
        context["ecs:container-name"] = str(parameters.get("container", ""))
        context["ecs:task"] = _tasks(scope, parameters)[0]
    if operation in _LAUNCH_KEYS:
        context |= _launch_context(scope, parameters)
    return context


def _launch_context(scope: Scope, parameters: Parameters) -> dict[str, str | Sequence[str]]:
    context: dict[str, str | Sequence[str]] = {}
    strategy = parameters.get("capacityProviderStrategy")
    if strategy:
        context["ecs:capacity-provider"] = [
            scope.arn("ecs", f"capacity-provider/{item['capacityProvider']}") for item in strategy
        ]
    if "enableExecuteCommand" in parameters:
        context["ecs:enable-execute-command"] = str(parameters["enableExecuteCommand"]).lower()
    if "enableECSManagedTags" in parameters:
        context["ecs:enable-ecs-managed-tags"] = str(parameters["enableECSManagedTags"]).lower()
    if parameters.get("propagateTags"):
        context["ecs:propagate-tags"] = str(parameters["propagateTags"])
    return context
