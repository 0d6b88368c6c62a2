"""The operations on service deployments: the history of a service, and what may be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.breaker import breaker_shape
from sandbox.ecs.deployment_alarms import alarms_shape
from sandbox.ecs.hooks import Hooks, hook_detail
from sandbox.ecs.paging import page
from sandbox.ecs.revisions import described, revision_summary_with_traffic
from sandbox.ecs.task_shape import moment
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.caller import Request
    from sandbox.ecs.model import Shape
    from sandbox.ecs.scheduler import Scheduler
    from sandbox.ecs.service_model import HookRun, Service, ServiceDeployment
    from sandbox.ecs.state import State
    from sandbox.elb.agenda import Agenda

PAGE = 20
RETENTION_S = 90 * 86_400.0
STOPPABLE = ("PENDING", "IN_PROGRESS")
STOPPING_ALREADY = ("STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


class ServiceDeployments:
    """Lists, shows, stops and continues service deployments."""

    def __init__(self, agenda: Agenda, state: State, scheduler: Scheduler, hooks: Hooks) -> None:
        """``scheduler`` is told of every change."""
        self._agenda = agenda
        self._state = state
        self._scheduler = scheduler
        self._hooks = hooks
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "ListServiceDeployments": self._list,
            "DescribeServiceDeployments": self._describe,
            "StopServiceDeployment": self._stop,
            "ContinueServiceDeployment": self._continue,
        }

    def _list(self, request: Request) -> Shape:
        service = self._state.service(request, request.params["service"])
        statuses = request.params.get("status")
        window = request.params.get("createdAt", {})
        briefs = [
            _brief(service, each)
            for each in self._kept(service)
            if (not statuses or each.status in statuses)
            and _within(window, moment(each.created_at))
        ]
        return page(request, "serviceDeployments", briefs, PAGE)

    def _describe(self, request: Request) -> Shape:
        known = {
            each.arn: _shape(service, each)
            for service in self._state.services.values()
            for each in self._kept(service)
        }
        return described("serviceDeployments", request.params["serviceDeploymentArns"], known)

    def _stop(self, request: Request) -> Shape:
        """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html."""
        arn = request.params["serviceDeploymentArn"]
        service, history = self._find(arn)
        if request.params.get("stopType", "ROLLBACK") != "ROLLBACK":
            raise UnsupportedOperation("the sandbox does not know what stop type ABORT does")
        if history.status in STOPPABLE:
            history.status = "ROLLBACK_REQUESTED"
            history.stopped_at = history.updated_at = self._agenda.now()
            self._scheduler.soon(service)
        elif history.status not in STOPPING_ALREADY:
            message = f"The service deployment is {history.status} and can no longer be stopped."
            raise ApiError("ConflictException", message)
        return {"serviceDeploymentArn": arn}

    def _continue(self, request: Request) -> Shape:
        """The action is CONTINUE unless the caller says otherwise."""
        arn, hook_id = request.params["serviceDeploymentArn"], request.params["hookId"]
        service, history = self._find(arn)
        hook = _awaiting(history, hook_id)
        action = request.params.get("action", "CONTINUE")
        failure = f"Lifecycle hook {hook_id} was continued with ROLLBACK."
        proceed = action == "CONTINUE"
        self._hooks.decide(service, history, hook, proceed=proceed, failure=failure)
        self._scheduler.soon(service)
        return {"serviceDeploymentArn": arn}

    def _find(self, arn: str) -> tuple[Service, ServiceDeployment]:
        for service in self._state.services.values():
            for history in self._kept(service):
                if history.arn == arn and service.status == "ACTIVE":
                    return service, history
        raise ApiError("ServiceDeploymentNotFoundException", "Service deployment not found.")

    def _kept(self, service: Service) -> list[ServiceDeployment]:
        """The history goes back 90 days, and is deleted with the service."""
        if service.status == "INACTIVE":
            return []
        oldest = self._agenda.now() - RETENTION_S
        return [
            each
            for each in service.service_deployments
            if each is service.current or each.created_at >= oldest
        ]


def _awaiting(history: ServiceDeployment, hook_id: str) -> HookRun:
    for hook in history.hooks:
        if hook.id == hook_id and hook.status == "AWAITING_ACTION":
            if history.status == "IN_PROGRESS":
                return hook
            message = f"The service deployment is {history.status}, not IN_PROGRESS."
            raise ApiError("InvalidParameterException", message)
    message = f"The lifecycle hook {hook_id} is not in the AWAITING_ACTION state."
    raise ApiError("InvalidParameterException", message)


def _within(window: dict[str, datetime], created_at: datetime) -> bool:
    after, before = window.get("after"), window.get("before")
    return (after is None or created_at >= after) and (before is None or created_at <= before)


def _brief(service: Service, history: ServiceDeployment) -> Shape:
    shape: Shape = {
        "serviceDeploymentArn": history.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": moment(history.created_at),
        "targetServiceRevisionArn": history.target_revision,
        "status": history.status,
    }
    times = {"startedAt": history.started_at, "finishedAt": history.finished_at}
    shape |= {name: moment(at) for name, at in times.items() if at is not None}
    if history.status_reason:
        shape["statusReason"] = history.status_reason
    return shape


def _shape(service: Service, history: ServiceDeployment) -> Shape:
    shape = _brief(service, history)
    del shape["targetServiceRevisionArn"]
    shape |= {
        "updatedAt": moment(history.updated_at),
        "sourceServiceRevisions": [
            revision_summary_with_traffic(service, arn) for arn in history.source_revisions
        ],
        "targetServiceRevision": revision_summary_with_traffic(service, history.target_revision),
        "deploymentConfiguration": history.configuration,
        "deploymentCircuitBreaker": breaker_shape(service, history),
        "alarms": alarms_shape(history),
    }
    if history.stopped_at is not None:
        shape["stoppedAt"] = moment(history.stopped_at)
    if history.rollback:
        shape["rollback"] = history.rollback
    if history.hooks:
        shape["lifecycleHookDetails"] = [hook_detail(each) for each in history.hooks]
    if history.stage and history.ongoing and history.status != "PENDING":
        shape["lifecycleStage"] = history.stage.name
    return shape
