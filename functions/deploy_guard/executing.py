"""The executor's own AWS calls, each made once: a call whose answer is lost is never just repeated.

Whether it took effect is asked of AWS (aftermath.py), which costs half a minute and no second rollback.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard.actions import (
    Action,
    AnswerHooks,
    CreateCodeDeploy,
    RegisterCopy,
    StopCodeDeploy,
    StopDeployment,
    UpdateService,
)
from deploy_guard.described import ecs_deployment
from deploy_guard.pinned_copy import Copy
from deploy_guard.reality import EcsDeployment
from ecsops.errors import CallFailed, call_failed
from ecsops.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# What it was to act on is no longer in the state in which it was seen: look again.
_STALE = frozenset(
    {
        *("ConflictException", "ServiceNotActiveException", "ServiceDeploymentNotFoundException"),
        *("DeploymentAlreadyCompletedException", "DeploymentLimitExceededException"),
        *("InvalidParameterException", "ClientException"),
    }
)
# Nothing happened, and the same call may work in a minute.
_LATER = frozenset(
    {
        *("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"),
        *("ServerException", "ServiceUnavailable", "InternalFailure", "InternalServerError"),
    }
)


class Stale(CallFailed):
    """The deployment has moved on since it was looked at."""


class Refused(CallFailed):
    """AWS does not let us; trying again would change nothing."""


class Done(msgspec.Struct, frozen=True):
    """A call that AWS took. ``result`` is the deployment that it began, where it tells one.

    ``deployments`` are the service's as the answer of UpdateService shows them.
    """

    request_id: str | None = None
    result: str | None = None
    deployments: tuple[EcsDeployment, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """Clients that ask once, made when first needed."""

    ecs_once: Callable[[], ECSClient]
    codedeploy_once: Callable[[], Any]
    copies: Copy

    def prepare(self, action: Action) -> Action:
        """Register the copy that an action needs; what is left is the one call that rolls back."""
        if not isinstance(action, RegisterCopy):
            return action
        return UpdateService(action.cluster, action.service, self.copies.register(action))

    def perform(self, action: Action) -> Done:
        """Make the call of an action; raises ``Stale``, ``Refused`` or ``CallFailed``."""
        match action:
            case StopDeployment():
                return self._stop(action)
            case AnswerHooks():
                return self._answer(action)
            case UpdateService():
                return self._update(action)
            case StopCodeDeploy():
                return self._stop_codedeploy(action)
            case CreateCodeDeploy():
                return self._create_codedeploy(action)
            case RegisterCopy():
                raise AssertionError("a copy is prepared before it is deployed")

    def _stop(self, action: StopDeployment) -> Done:
        ecs = self.ecs_once()
        answer = asked(
            "StopServiceDeployment",
            lambda: ecs.stop_service_deployment(
                serviceDeploymentArn=action.service_deployment, stopType="ROLLBACK"
            ),
        )
        return Done(_request_id(answer), action.service_deployment)

    def _answer(self, action: AnswerHooks) -> Done:
        """One call a hook; the first that is taken settles it, the others may find nobody waiting."""
        ecs = self.ecs_once()
        done: Done | None = None
        for hook in action.hooks:
            try:
                answer = asked(
                    "ContinueServiceDeployment",
                    lambda hook=hook: ecs.continue_service_deployment(  # type: ignore[misc]
                        serviceDeploymentArn=action.service_deployment,
                        hookId=hook,
                        # It would default to CONTINUE, which promotes the deployment.
                        action="ROLLBACK",
                    ),
                )
            except CallFailed as error:
                if done is None:
                    raise
                logger.info("hook no longer waits", hook=hook, reason=str(error))
                continue
            done = done or Done(_request_id(answer), action.service_deployment)
        if done is None:
            raise Stale("ContinueServiceDeployment", "NoHooks", "no hook waits for an answer")
        return done

    def _update(self, action: UpdateService) -> Done:
        ecs = self.ecs_once()
        answer = asked(
            "UpdateService",
            # Nothing else: counts and configuration are not ours to change.
            lambda: ecs.update_service(
                cluster=action.cluster,
                service=action.service,
                taskDefinition=action.task_definition,
            ),
        )
        shown = tuple(ecs_deployment(one) for one in answer["service"].get("deployments", ()))
        primary = next((one.id for one in shown if one.status == "PRIMARY"), None)
        return Done(_request_id(answer), primary, shown)

    def _stop_codedeploy(self, action: StopCodeDeploy) -> Done:
        codedeploy = self.codedeploy_once()
        answer = asked(
            "StopDeployment",
            lambda: codedeploy.stop_deployment(
                deploymentId=action.deployment, autoRollbackEnabled=True
            ),
        )
        return Done(_request_id(answer))

    def _create_codedeploy(self, action: CreateCodeDeploy) -> Done:
        codedeploy = self.codedeploy_once()
        revision = self._revision_of(action)
        answer = asked(
            "CreateDeployment",
            lambda: codedeploy.create_deployment(
                applicationName=action.application,
                deploymentGroupName=action.group,
                revision=revision,
                description=action.marker,
            ),
        )
        return Done(_request_id(answer), answer["deploymentId"])

    def _revision_of(self, action: CreateCodeDeploy) -> dict[str, Any]:
        """The AppSpec of a deployment that succeeded: GetDeployment tells no more than its hash."""
        codedeploy = self.codedeploy_once()
        shown = asked(
            "GetDeployment", lambda: codedeploy.get_deployment(deploymentId=action.revision_of)
        )
        found = asked(
            "GetApplicationRevision",
            lambda: codedeploy.get_application_revision(
                applicationName=action.application, revision=shown["deploymentInfo"]["revision"]
            ),
        )
        content = found["revision"]["appSpecContent"]["content"]
        return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}


def asked[T: Mapping[str, Any]](operation: str, call: Callable[[], T]) -> T:
    """The answer; or what its refusal means to us."""
    try:
        return call()
    except ClientError as error:
        failed = call_failed(operation, error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if failed.code in _STALE:
            raise Stale(operation, failed.code, _text(error)) from error
        if failed.code in _LATER or status >= 500:
            raise failed from error
        raise Refused(operation, failed.code, _text(error)) from error
    except BotoCoreError as error:
        raise call_failed(operation, error) from error


def _text(error: ClientError) -> str:
    return error.response["Error"].get("Message", "")


def _request_id(answer: Mapping[str, Any]) -> str | None:
    found: str | None = answer.get("ResponseMetadata", {}).get("RequestId")
    return found
