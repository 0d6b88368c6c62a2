"""The operations on services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.model import Shape, Template
from sandbox.ecs.paging import page
from sandbox.ecs.service_model import Service
from sandbox.ecs.service_shape import service_shape
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.model import Cluster
    from sandbox.ecs.rollouts import Rollouts
    from sandbox.ecs.scheduler import Scheduler
    from sandbox.ecs.state import State
    from sandbox.ecs.task_sets import TaskSets
    from sandbox.ecs.templates import Templates
    from sandbox.elb.agenda import Agenda

MAX_DESCRIBED = 10
SHOWN_AS_GIVEN = (
    "availabilityZoneRebalancing",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "schedulingStrategy",
)
DEFAULTS: Shape = {
    "schedulingStrategy": "REPLICA",
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": 0,
    "placementConstraints": [],
    "placementStrategy": [],
    "propagateTags": "NONE",
}
DEPLOYMENT_DEFAULTS: Shape = {
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
}


class Services:
    """Creates, changes, shows and deletes services."""

    def __init__(
        self,
        agenda: Agenda,
        state: State,
        templates: Templates,
        rollouts: Rollouts,
        scheduler: Scheduler,
        task_sets: TaskSets,
    ) -> None:
        """``scheduler`` is told of every change."""
        self._agenda = agenda
        self._state = state
        self._templates = templates
        self._rollouts = rollouts
        self._scheduler = scheduler
        self._task_sets = task_sets
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "CreateService": self._create,
            "UpdateService": self._update,
            "DescribeServices": self._describe,
            "ListServices": self._list,
            "DeleteService": self._delete,
        }

    def _create(self, request: Request) -> Shape:
        params, cluster = request.params, self._state.cluster(request)
        controller = params.get("deploymentController", {}).get("type", "ECS")
        _expect_simulated(params)
        arn = self._state.service_arn(cluster, request, params["serviceName"])
        existing = self._state.services.get(arn)
        if existing and existing.status != "INACTIVE":
            message = "Creation of service was not idempotent."
            raise ApiError("InvalidParameterException", message)
        template = None
        if controller != "EXTERNAL":
            template = self._templates.new(request, cluster)
        configuration = DEPLOYMENT_DEFAULTS | params.get("deploymentConfiguration", {})
        _check_strategy(controller, configuration)
        service = Service(
            arn=arn,
            name=params["serviceName"],
            cluster_arn=cluster.arn,
            template=template,
            desired_count=params.get("desiredCount", 0),
            controller=controller,
            settings={**DEFAULTS, **_given(params), "deploymentConfiguration": configuration},
            tags={tag["key"]: tag.get("value", "") for tag in params.get("tags", [])},
            created_at=self._agenda.now(),
            created_by=request.caller.principal,
        )
        self._state.services[arn] = service
        if template:
            self._begin(service, template)
        self._scheduler.soon(service)
        return {"service": service_shape(service, with_tags=True)}

    def _begin(self, service: Service, template: Template) -> None:
        if service.controller == "ECS":
            self._rollouts.begin(service, template)
        else:  # the first task set comes with the service; CodeDeploy creates the others
            self._task_sets.add(service, template, 100.0).status = "PRIMARY"

    def _update(self, request: Request) -> Shape:
        params, service = request.params, self._state.active_service(request)
        _expect_simulated(params)
        cluster = self._state.cluster(request)
        template = service.template
        if template and service.controller == "ECS":
            template = self._templates.changed(request, cluster, template)
        elif forbidden := sorted({"taskDefinition", "loadBalancers"} & params.keys()):
            message = (
                f"Unable to update {', '.join(forbidden)} on services with a "
                f"{service.controller} deployment controller."
            )
            raise ApiError("InvalidParameterException", message)
        service.desired_count = params.get("desiredCount", service.desired_count)
        given = params.get("deploymentConfiguration", {})
        _check_strategy(service.controller, service.configuration | given)
        service.settings |= _given(params)
        service.settings["deploymentConfiguration"] = service.configuration | given
        deploys = template != service.template or params.get("forceNewDeployment")
        if template and deploys and service.controller == "ECS":
            service.unthrottle()
            self._rollouts.begin(service, template)
        self._scheduler.soon(service)
        return {"service": service_shape(service)}

    def _describe(self, request: Request) -> Shape:
        names = request.params["services"]
        if not names:
            raise ApiError("InvalidParameterException", "Services cannot be empty.")
        if len(names) > MAX_DESCRIBED:
            message = f"Services cannot have more than {MAX_DESCRIBED} elements."
            raise ApiError("InvalidParameterException", message)
        cluster = self._state.cluster(request)
        with_tags = "TAGS" in request.params.get("include", [])
        services, failures = [], []
        for name in names:
            arn = self._state.service_arn(cluster, request, name)
            service = self._state.services.get(arn)
            if service and service.cluster_arn == cluster.arn:
                services.append(service_shape(service, with_tags=with_tags))
            else:
                failures.append({"arn": arn, "reason": "MISSING"})
        return {"services": services, "failures": failures}

    def _list(self, request: Request) -> Shape:
        params, cluster = request.params, self._state.cluster(request)
        launch_type = params.get("launchType")
        strategy = params.get("schedulingStrategy", "REPLICA")
        arns = [
            service.arn
            for service in self._in(cluster)
            if service.status == "ACTIVE"
            and strategy == service.settings["schedulingStrategy"]
            and (not launch_type or _launch_type(service) == launch_type)
        ]
        return page(request, "serviceArns", arns, 10)

    def _delete(self, request: Request) -> Shape:
        service = self._state.active_service(request)
        if service.desired_count > 0 and not request.params.get("force"):
            message = "The service cannot be stopped while it is scaled above 0."
            raise ApiError("InvalidParameterException", message)
        service.desired_count = 0
        service.status = "DRAINING" if service.tasks else "INACTIVE"
        self._scheduler.soon(service)
        return {"service": service_shape(service)}

    def _in(self, cluster: Cluster) -> list[Service]:
        return [each for each in self._state.services.values() if each.cluster_arn == cluster.arn]


def _expect_simulated(params: Shape) -> None:
    if params.get("deploymentConfiguration", {}).get("earlySuccessCriteria", {}).get("enable"):
        raise UnsupportedOperation("the sandbox does not simulate early success criteria")


def _check_strategy(controller: str, configuration: Shape) -> None:
    strategy = configuration["strategy"]
    if strategy != "ROLLING" and controller != "ECS":
        message = f"The deployment strategy {strategy} needs the ECS deployment controller."
        raise ApiError("InvalidParameterException", message)
    for kind in ("LINEAR", "CANARY"):
        if f"{kind.lower()}Configuration" in configuration and strategy != kind:
            message = f"{kind.lower()}Configuration is only for the deployment strategy {kind}."
            raise ApiError("InvalidParameterException", message)
    for hook in configuration.get("lifecycleHooks", []):
        not_for_pause = {"TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"}
        if hook.get("targetType") == "PAUSE" and not_for_pause & {*hook["lifecycleStages"]}:
            message = "PAUSE hooks cannot be configured at traffic shift stages."
            raise ApiError("InvalidParameterException", message)


def _given(params: Shape) -> Shape:
    return {name: params[name] for name in SHOWN_AS_GIVEN if name in params}


def _launch_type(service: Service) -> str | None:
    return service.template.launch_type if service.template else None
