"""The CodeDeploy simulator: what stands behind the ``codedeploy`` API."""

from __future__ import annotations

import copy
import hashlib
import string
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sandbox.caller import Caller, Request
from sandbox.codedeploy.groups import Groups
from sandbox.codedeploy.model import Group, Revision, Run, Shape, Store
from sandbox.codedeploy.runner import Pace, Runner
from sandbox.codedeploy.shapes import moment, revision_shape, run_shape, target_shape
from sandbox.codedeploy.task_sets import ServiceTaskSets
from sandbox.elb.agenda import Agenda
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.clock import Clock
    from sandbox.codedeploy.runner import AlarmStates
    from sandbox.ecs import EcsTwin
    from sandbox.elb import TargetGroups

DETAIL_TYPE = "CodeDeploy Deployment State-change Notification"


class CodeDeploy:
    """Answers ``codedeploy`` calls and deploys services of the CODE_DEPLOY controller."""

    def __init__(  # noqa: PLR0913 - the services that it moves
        self,
        clock: Clock,
        emit: Callable[[Shape], None],
        rng: random.Random,
        *,
        ecs: EcsTwin,
        targets: TargetGroups,
        caller: Caller,
        pace: Pace | None = None,
    ) -> None:
        """``emit`` puts an event on the default bus; ``caller`` is whom ECS sees."""
        self._agenda = Agenda(clock)
        self._emit = emit
        self._rng = rng
        self._caller = caller
        self._store = Store()
        self._task_sets = ServiceTaskSets(ecs, targets, caller)
        self._runner = Runner(
            self._agenda,
            self._task_sets,
            announce=self._announce,
            roll_back=self._roll_back,
            pace=pace or Pace(),
        )
        groups = Groups(self._agenda, self._store, self._uuid)
        self._operations: dict[str, Callable[[Request], Shape]] = {
            **groups.operations,
            "CreateDeployment": self._create,
            "GetDeployment": self._get,
            "BatchGetDeployments": self._batch_get,
            "ListDeployments": self._list,
            "StopDeployment": self._stop,
            "ContinueDeployment": self._continue,
            "GetApplicationRevision": self._revision,
            "ListDeploymentTargets": self._list_targets,
            "BatchGetDeploymentTargets": self._batch_get_targets,
        }

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes."""
        answer = self._operations.get(operation)
        if answer is None:
            raise UnsupportedOperation(f"the sandbox does not simulate codedeploy:{operation}")
        with self._agenda.lock:
            return copy.deepcopy(answer(Request(copy.deepcopy(params), caller)))

    def connect(self, alarms: AlarmStates) -> None:
        """Let deployments look at alarms."""
        self._runner.alarms = alarms

    def fail(self, deployment_id: str, code: str, message: str) -> None:
        """Let a running deployment fail for a reason that the sandbox does not come to by itself."""
        with self._agenda.lock:
            self._runner.fail(self._store.run(deployment_id), code, message)

    def _create(self, request: Request) -> Shape:
        group = self._store.group(request.params)
        self._task_sets.service(group)
        active = [run for run in self._store.runs_of(group) if not run.ended]
        if active:
            message = (
                f"The Deployment Group '{group.name}' already has an active Deployment "
                f"'{active[0].id}'"
            )
            raise ApiError("DeploymentLimitExceededException", message)
        content = request.params.get("revision", {}).get("appSpecContent", {}).get("content")
        if content is None:
            raise ApiError("RevisionRequiredException", "An AppSpecContent revision is required.")
        run = self._add(group, self._register(group, content))
        run.description = request.params.get("description")
        self._runner.begin(run)
        return {"deploymentId": run.id}

    def _register(self, group: Group, content: str) -> Revision:
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        revision = Revision(sha256, content, self._agenda.now())
        return group.application.revisions.setdefault(sha256, revision)

    def _add(self, group: Group, revision: Revision) -> Run:
        alphabet = string.ascii_uppercase + string.digits
        run = Run(
            id=f"d-{''.join(self._rng.choices(alphabet, k=9))}",
            group=group,
            revision=revision,
            created_at=self._agenda.now(),
            previous=group.last_successful.revision if group.last_successful else None,
        )
        self._store.runs[run.id] = run
        return run

    def _roll_back(self, failed: Run) -> None:
        """Give the traffic back to the original task set, or deploy the last revision again."""
        group, last = failed.group, failed.group.last_successful
        original = self._task_sets.find(group, failed.original)
        if original is None and last is None:
            return
        run = self._add(group, last.revision if last else failed.revision)
        run.creator = "codeDeployRollback"
        run.restores = failed.original if original else None
        message = f"Deployment {failed.id} was rolled back by deployment {run.id}."
        run.description = run.rollback["rollbackMessage"] = message
        run.rollback["rollbackTriggeringDeploymentId"] = failed.id
        failed.rollback = {"rollbackDeploymentId": run.id, "rollbackMessage": message}
        if original:
            self._task_sets.promote(group, str(failed.original))
            self._task_sets.remove(group, failed.replacement)
        self._runner.begin(run)

    def _get(self, request: Request) -> Shape:
        return {"deploymentInfo": run_shape(self._store.run(request.params["deploymentId"]))}

    def _batch_get(self, request: Request) -> Shape:
        runs = [self._store.runs.get(each) for each in request.params["deploymentIds"]]
        return {"deploymentsInfo": [run_shape(run) for run in runs if run]}

    def _list(self, request: Request) -> Shape:
        params = request.params
        statuses, window = params.get("includeOnlyStatuses"), params.get("createTimeRange", {})
        runs = list(reversed(self._store.runs.values()))
        if "applicationName" in params:
            runs = self._store.runs_of(self._store.group(params))
        after, before = window.get("start"), window.get("end")
        return {
            "deployments": [
                run.id
                for run in runs
                if (not statuses or run.status in statuses)
                and (after is None or moment(run.created_at) >= after)
                and (before is None or moment(run.created_at) <= before)
            ]
        }

    def _stop(self, request: Request) -> Shape:
        run = self._store.run(request.params["deploymentId"])
        if run.ended:
            message = f"The deployment {run.id} is already in a terminal state."
            raise ApiError("DeploymentAlreadyCompletedException", message)
        rollback = bool(request.params.get("autoRollbackEnabled"))
        error = {"code": "MANUAL_STOP", "message": "The deployment was stopped by a user."}
        self._runner.stop(run, error, rollback=rollback)
        return {"status": "Succeeded", "statusMessage": "No more operations will be scheduled."}

    def _continue(self, request: Request) -> Shape:
        run = self._store.run(request.params["deploymentId"])
        if run.status != "Ready":
            message = f"The deployment {run.id} is not waiting."
            raise ApiError("DeploymentIsNotInReadyStateException", message)
        self._runner.proceed(run)
        return {}

    def _revision(self, request: Request) -> Shape:
        application = self._store.application(request.params["applicationName"])
        sha256 = request.params["revision"].get("appSpecContent", {}).get("sha256", "")
        revision = application.revisions.get(sha256)
        if revision is None:
            raise ApiError("RevisionDoesNotExistException", "No revision found.")
        return {
            "applicationName": application.name,
            "revision": revision_shape(revision, with_content=True),
            "revisionInfo": {"registerTime": moment(revision.registered_at)},
        }

    def _list_targets(self, request: Request) -> Shape:
        run = self._store.run(request.params["deploymentId"])
        return {"targetIds": [self._target(run)["ecsTarget"]["targetId"]]}

    def _batch_get_targets(self, request: Request) -> Shape:
        run = self._store.run(request.params["deploymentId"])
        return {"deploymentTargets": [self._target(run)]}

    def _target(self, run: Run) -> Shape:
        named = run.group.settings["ecsServices"][0]
        service = self._task_sets.service(run.group)
        arn = service["serviceArn"]
        return target_shape(run, named["clusterName"], named["serviceName"], arn)

    def _announce(self, run: Run, state: str) -> None:
        event = {
            "detail-type": DETAIL_TYPE,
            "source": "aws.codedeploy",
            "account": self._caller.account,
            "region": self._caller.region,
            "resources": [run.group.application.arn, run.group.arn],
            "detail": {
                "instanceGroupId": run.group.id,
                "region": self._caller.region,
                "application": run.group.application.name,
                "deploymentId": run.id,
                "state": state,
                "deploymentGroup": run.group.name,
            },
        }
        self._agenda.publish(partial(self._emit, event), DETAIL_TYPE)

    def _uuid(self) -> str:
        return str(UUID(bytes=self._rng.randbytes(16), version=4))
