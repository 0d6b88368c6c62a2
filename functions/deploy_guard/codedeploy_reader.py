"""What CodeDeploy shows of a service's deployments. Nothing in ECS's description names their group.

https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_GetApplicationRevision.html: only the
revision itself shows which task definition a deployment is of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard.reality import CodeDeployment, Reality
from deploy_guard.rollback_call import MARKER
from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import run_all

Shape = dict[str, Any]
# One call's worth; CodeDeploy lists the newest first.
_MOST = 25
_HISTORY_S = 90 * 86_400
# In YAML and in JSON: TaskDefinition: "arn:aws:ecs:...:task-definition/web:42"
_TASK_DEFINITION = re.compile(r"""TaskDefinition["']?\s*:\s*["']?([^\s"',}]+)""")
_ROLLBACK = "codeDeployRollback"
_MARKER = re.compile(re.escape(MARKER) + r"(d-\w+)")
_GONE = frozenset({"DeploymentGroupDoesNotExistException", "ApplicationDoesNotExistException"})
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})


@dataclass(frozen=True, slots=True)
class CodeDeployReader:
    """Reads, never writes. What a revision holds and where a group deploys to never changes here."""

    client: Callable[[], Any]
    revisions: dict[str, str | None] = field(default_factory=dict)
    services: dict[tuple[str, str], tuple[str, str] | None] = field(default_factory=dict)

    def service_of(self, application: str, group: str) -> tuple[str, str] | None:
        """(cluster, service) to which a group deploys; None if that is no service of ECS, or gone."""
        key = application, group
        if key not in self.services:
            try:
                info = self._group(application, group)
            except CallFailed as error:
                if error.code in _GONE:
                    return None
                raise
            named = next(iter(info.get("ecsServices") or ()), None)
            self.services[key] = (named["clusterName"], named["serviceName"]) if named else None
        return self.services[key]

    def complete(self, reality: Reality, known: Iterable[str]) -> Reality:
        """The same with the service's deployments; ``known`` are ids of some of them."""
        try:
            ids = [*known, *_of_task_sets(reality.description)]
            found, events = self._deployments(ids, reality.at)
        except CallFailed as error:
            if error.code not in _DENIED:
                raise
            return msgspec.structs.replace(reality, blind=(*reality.blind, str(error)))
        return msgspec.structs.replace(
            reality, code_deployments=tuple(found), auto_rollback=tuple(events)
        )

    def _deployments(
        self, known: Sequence[str], now: float
    ) -> tuple[list[CodeDeployment], list[str]]:
        """A group's deployments, and the events on which it rolls back by itself."""
        ids = list(dict.fromkeys(known))[:_MOST]
        if not ids:
            return [], []
        shapes = {one["deploymentId"]: one for one in self._described(ids)}
        groups = {(one["applicationName"], one["deploymentGroupName"]) for one in shapes.values()}
        on: list[str] = []
        for application, group in sorted(groups):
            try:
                on += self._events(application, group)
                listed = self._listed(application, group, now)
            except CallFailed as error:
                if error.code in _GONE:
                    continue
                raise
            missing = [one for one in listed if one not in shapes]
            shapes |= {one["deploymentId"]: one for one in self._described(missing)}
        definitions = self._definitions(shapes.values())
        newest_first = sorted(shapes.values(), key=lambda one: -_time(one, "createTime"))
        return [_deployment(one, definitions.get(_sha256(one))) for one in newest_first], on

    def _events(self, application: str, group: str) -> list[str]:
        """On what the group rolls back by itself; read each time, for its owner may change it."""
        configured = self._group(application, group).get("autoRollbackConfiguration") or {}
        return list(configured.get("events") or ()) if configured.get("enabled") else []

    def _group(self, application: str, group: str) -> Shape:
        codedeploy = self.client()
        answer = _call(
            "GetDeploymentGroup",
            lambda: codedeploy.get_deployment_group(
                applicationName=application, deploymentGroupName=group
            ),
        )
        info: Shape = answer["deploymentGroupInfo"]
        return info

    def _described(self, ids: Sequence[str]) -> list[Shape]:
        if not ids:
            return []
        codedeploy = self.client()
        answer = _call(
            "BatchGetDeployments",
            lambda: codedeploy.batch_get_deployments(deploymentIds=list(ids[:_MOST])),
        )
        found: list[Shape] = answer["deploymentsInfo"]
        return found

    def _listed(self, application: str, group: str, now: float) -> list[str]:
        codedeploy = self.client()
        since = datetime.fromtimestamp(now - _HISTORY_S, UTC)
        answer = _call(
            "ListDeployments",
            lambda: codedeploy.list_deployments(
                applicationName=application,
                deploymentGroupName=group,
                createTimeRange={"start": since},
            ),
        )
        return list(answer["deployments"][:_MOST])

    def _definitions(self, shapes: Iterable[Shape]) -> dict[str, str | None]:
        wanted = {
            sha256: one["applicationName"]
            for one in shapes
            if (sha256 := _sha256(one)) and sha256 not in self.revisions
        }
        calls = [partial(self._revision, name, sha256) for sha256, name in wanted.items()]
        for answer in run_all(calls):
            if isinstance(answer, Exception):
                raise answer
        return self.revisions

    def _revision(self, application: str, sha256: str) -> None:
        codedeploy = self.client()
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256}}
        answer = _call(
            "GetApplicationRevision",
            lambda: codedeploy.get_application_revision(
                applicationName=application, revision=revision
            ),
        )
        content = answer["revision"].get("appSpecContent", {}).get("content") or ""
        named = _TASK_DEFINITION.search(content)
        self.revisions[sha256] = named[1] if named else None


def _of_task_sets(service: Shape) -> list[str]:
    """CodeDeploy writes its deployment's id on the task sets that it makes."""
    external = (one.get("externalId") or "" for one in service.get("taskSets") or ())
    return [one for one in external if one.startswith("d-")]


def _deployment(shape: Shape, task_definition: str | None) -> CodeDeployment:
    error, rollback = shape.get("errorInformation") or {}, shape.get("rollbackInfo") or {}
    marker = _MARKER.match(shape.get("description") or "")
    triggered = rollback.get("rollbackTriggeringDeploymentId")
    return CodeDeployment(
        id=shape["deploymentId"],
        application=shape["applicationName"],
        group=shape["deploymentGroupName"],
        status=shape.get("status", ""),
        created_at=_time(shape, "createTime"),
        finished_at=_time(shape, "completeTime") or None,
        error_code=error.get("code"),
        error=error.get("message"),
        creator=shape.get("creator"),
        description=shape.get("description"),
        rollback_id=rollback.get("rollbackDeploymentId"),
        rolls_back=triggered if shape.get("creator") == _ROLLBACK else marker and marker[1],
        task_definition=task_definition,
    )


def _sha256(shape: Shape) -> str:
    return str(((shape.get("revision") or {}).get("appSpecContent") or {}).get("sha256") or "")


def _time(shape: Shape, name: str) -> float:
    moment = shape.get(name)
    return float(moment.timestamp()) if moment else 0.0


def _call(operation: str, perform: Callable[[], Any]) -> Any:
    try:
        return perform()
    except (ClientError, BotoCoreError) as error:
        raise call_failed(operation, error) from error
