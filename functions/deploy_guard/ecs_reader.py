"""What ECS shows of services and their deployments, for a whole batch in as few calls as possible.

What may not be read makes the reader blind, and is said. A call that fails otherwise is tried again with
its message: soon it may work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from deploy_guard import described
from deploy_guard.answers import Denied, NoHistory, called
from deploy_guard.ledger import open_rows
from deploy_guard.model import Ledger, Version
from deploy_guard.reality import Reality, ServiceDeployment
from deploy_guard.revisions import Revisions
from deploy_guard.seen import Seen, Shape, place_of
from deploy_guard.unattended import as_remembered
from ecsops.arns import parse_arn
from ecsops.errors import CallFailed, refusals
from ecsops.observability import logger
from ecsops.parallel import chunks, run_all

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_SERVICES_PER_CALL = 10
_DEPLOYMENTS_PER_CALL = 20
_LATEST, _HISTORY = 3, 20
_GONE = "ClusterNotFoundException"


@dataclass(slots=True)
class EcsReader:
    """Reads, never writes; lives as long as the function's process."""

    ecs: ECSClient
    revisions: Revisions = field(init=False)

    def __post_init__(self) -> None:
        """Share the client."""
        self.revisions = Revisions(self.ecs)

    def read(
        self,
        ledgers: Iterable[Ledger],
        now: float,
        searched: Collection[str] = (),
        remembered: Collection[str] = (),
    ) -> dict[str, Reality]:
        """Each ledger's service as it is now; of those ``searched`` with the latest deployments.

        Of those ``remembered`` a deployment that shows no change is not read once more.
        One that could not be read is left out; if that is all of them, why is raised.
        """
        by_service = {ledger.service: ledger for ledger in ledgers}
        seen = Seen(versions=_known_versions(by_service.values()) | self.revisions.versions())
        self._read_services(list(by_service), seen)
        for arn in remembered:
            known = as_remembered(seen.services.get(arn, {}), by_service[arn])
            if known is not None:
                seen.deployments[known.arn] = known
        asked = {
            arn: _deployments_to_ask(shape, by_service[arn]) for arn, shape in seen.services.items()
        }
        unknown = [
            arn
            for arn, ids in asked.items()
            if (not ids or arn in searched) and _has_history(seen.services[arn])
        ]
        for arn, latest in zip(unknown, self._latest(unknown, seen), strict=True):
            asked[arn] = list(dict.fromkeys([*asked[arn], *latest]))
        self._read_together(asked, seen)
        named = _revisions_of(seen.deployments.values()) - seen.versions.keys()
        if seen.unread:
            # Who is silent is not asked twice.
            seen.miss(named, next(iter(seen.unread.values())))
        else:
            self.revisions.read(named, seen)
        if by_service and seen.failed.keys() == by_service.keys():
            raise next(iter(seen.failed.values()))
        return {
            arn: described.reality(
                shape,
                [seen.deployments[one] for one in asked[arn] if one in seen.deployments],
                seen.versions,
                sorted(seen.blind),
                now,
                [str(seen.unread[arn])] if arn in seen.unread else [],
            )
            for arn, shape in seen.services.items()
            if arn not in seen.failed
        } | {
            arn: described.unseen(arn, sorted(seen.blind), now)
            for arn in by_service.keys() - seen.services.keys() - seen.failed.keys()
        }

    def successes(self, reality: Reality) -> tuple[list[ServiceDeployment], dict[str, Version]]:
        """Earlier successful deployments of a service, newest first, and what they ran."""
        found = called(
            "ListServiceDeployments",
            lambda: self.ecs.list_service_deployments(
                service=reality.service,
                cluster=reality.cluster,
                status=["SUCCESSFUL"],
                maxResults=_HISTORY,
            ),
        )
        briefs = [described.brief(one) for one in found["serviceDeployments"]]
        seen = Seen({reality.service: reality.description}, versions=dict(reality.versions))
        self.revisions.read(_revisions_of(briefs) - seen.versions.keys(), seen)
        for error in (*seen.failed.values(), *seen.unread.values()):
            raise error
        return briefs, seen.versions

    def definition(self, arn: str) -> tuple[dict[str, Any], list[Any]]:
        """A task definition and its tags."""
        answer = called(
            "DescribeTaskDefinition",
            lambda: self.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]),
        )
        return answer["taskDefinition"], answer.get("tags", [])

    def _read_services(self, arns: Sequence[str], seen: Seen) -> None:
        by_cluster: dict[str, list[str]] = {}
        for arn in arns:
            by_cluster.setdefault(parse_arn(arn).cluster or "default", []).append(arn)
        parts = [
            (cluster, part)
            for cluster, members in by_cluster.items()
            for part in chunks(members, _SERVICES_PER_CALL)
        ]
        answers = run_all([partial(self._services, *one) for one in parts])
        for (cluster, part), answer in zip(parts, answers, strict=True):
            if isinstance(answer, Denied):
                seen.blind.add(str(answer))
            elif isinstance(answer, CallFailed) and answer.code == _GONE:
                logger.info("cluster is gone", cluster=cluster)
            elif isinstance(answer, CallFailed):
                logger.error("services not read", cluster=cluster, reason=str(answer))
                seen.failed |= dict.fromkeys(part, answer)
            elif isinstance(answer, Exception):
                raise answer
            else:
                # Under the ARN that was asked for: a service can have one of the old form as well.
                known = {place_of(one)[1]: one for one in part}
                for one in answer["services"]:
                    arn = known[place_of(one["serviceArn"])[1]]
                    seen.services[arn] = {**one, "serviceArn": arn}
                for refused, error in refusals("DescribeServices", answer).items():
                    seen.failed |= {
                        one: error for one in part if place_of(one)[1] == place_of(refused)[1]
                    }

    def _read_together(self, asked: Mapping[str, Sequence[str]], seen: Seen) -> None:
        """Deployments, and the revisions that are in use, in one round trip."""
        arns = sorted({one for ids in asked.values() for one in ids} - seen.deployments.keys())
        current = {
            one["arn"]
            for shape in seen.services.values()
            for one in shape.get("currentServiceRevisions", ())
            if one.get("arn") and _has_history(shape)
        }
        calls: list[Callable[[], None]] = [
            partial(self._read_deployments, part, seen)
            for part in chunks(arns, _DEPLOYMENTS_PER_CALL)
        ]
        calls.append(partial(self.revisions.read, current - seen.versions.keys(), seen))
        for answer in run_all(calls):
            if isinstance(answer, Exception):
                raise answer

    def _services(self, cluster: str, arns: Sequence[str]) -> Any:
        return called(
            "DescribeServices",
            lambda: self.ecs.describe_services(
                cluster=cluster, services=list(arns), include=["TAGS"]
            ),
        )

    def _latest(self, services: Sequence[str], seen: Seen) -> list[list[str]]:
        calls = [partial(self._list, seen.services[arn]) for arn in services]
        latest: list[list[str]] = []
        for arn, answer in zip(services, run_all(calls), strict=True):
            latest.append([] if isinstance(answer, Exception) else answer)
            if isinstance(answer, Denied):
                seen.blind.add(str(answer))
            elif isinstance(answer, CallFailed) and not isinstance(answer, NoHistory):
                seen.fail([arn], answer)
            elif isinstance(answer, Exception) and not isinstance(answer, NoHistory):
                raise answer
        return latest

    def _list(self, service: Shape) -> list[str]:
        answer = called(
            "ListServiceDeployments",
            lambda: self.ecs.list_service_deployments(
                service=service["serviceArn"], cluster=service["clusterArn"], maxResults=_LATEST
            ),
        )
        return [one["serviceDeploymentArn"] for one in answer["serviceDeployments"]]

    def _read_deployments(self, arns: Sequence[str], seen: Seen) -> None:
        try:
            answer = called(
                "DescribeServiceDeployments",
                lambda: self.ecs.describe_service_deployments(serviceDeploymentArns=list(arns)),
            )
        except Denied as error:
            seen.blind.add(str(error))
        except NoHistory:
            return
        except CallFailed as error:
            seen.fail(arns, error)
        else:
            for arn, refused in refusals("DescribeServiceDeployments", answer).items():
                seen.fail([arn], refused)
            shown = [described.service_deployment(one) for one in answer["serviceDeployments"]]
            seen.deployments |= {one.arn: one for one in shown}


def _deployments_to_ask(service: Shape, ledger: Ledger) -> list[str]:
    if not _has_history(service):
        return []
    current = service.get("currentServiceDeployment")
    opened = [row.id for row in open_rows(ledger) if ":service-deployment/" in row.id]
    return list(dict.fromkeys([*([current] if current else []), *opened]))[:_DEPLOYMENTS_PER_CALL]


def _has_history(service: Shape) -> bool:
    if service.get("status") == "INACTIVE":
        return False
    return bool((service.get("deploymentController") or {}).get("type", "ECS") == "ECS")


def _known_versions(ledgers: Iterable[Ledger]) -> dict[str, Version]:
    """Revisions never change once their images are resolved."""
    rows = [row for ledger in ledgers for row in ledger.deployments]
    known = [one for row in rows for one in (row.target, row.source) if one is not None]
    return {one.revision_arn: one for one in known if one.revision_arn and one.digests}


def _revisions_of(deployments: Iterable[ServiceDeployment]) -> set[str]:
    named = (
        arn for one in deployments for arn in (one.target, one.source, one.rolled_back_to) if arn
    )
    return set(named)
