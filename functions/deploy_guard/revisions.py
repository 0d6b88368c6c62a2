"""Service revisions, read once: of those nothing but the digests of their images changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from deploy_guard import described
from deploy_guard.answers import Denied, called
from deploy_guard.model import Version
from deploy_guard.seen import Seen, Shape
from ecsops.errors import CallFailed, refusals
from ecsops.parallel import chunks, within

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_REVISIONS_PER_CALL = 20
_MOST_KEPT = 500
# An alert has ten seconds, and can be told without them.
_REVISIONS, _REVISIONS_S = "DescribeServiceRevisions", 3.0


@dataclass(frozen=True, slots=True)
class Revisions:
    """Lives as long as the function's process."""

    ecs: ECSClient
    kept: dict[str, Shape] = field(default_factory=dict)

    def shapes(self, arns: Collection[str]) -> dict[str, Shape]:
        """Service revisions as ECS describes them, as far as they may be read."""
        unread = sorted(set(arns) - self.kept.keys())
        if unread:
            answer = self._described_revisions(unread)
            self._keep(answer["serviceRevisions"])
        return {one: self.kept[one] for one in arns if one in self.kept}

    def _described_revisions(self, arns: Sequence[str]) -> Any:
        def described() -> Any:
            return self.ecs.describe_service_revisions(serviceRevisionArns=list(arns))

        return within(_REVISIONS, _REVISIONS_S, partial(called, _REVISIONS, described))

    def _keep(self, shapes: Iterable[Shape]) -> None:
        if len(self.kept) > _MOST_KEPT:
            self.kept.clear()
        self.kept.update({one["serviceRevisionArn"]: one for one in shapes})

    def versions(self) -> dict[str, Version]:
        """Those whose images are resolved: they need not be read again."""
        versions = {arn: described.version_of(shape) for arn, shape in self.kept.items()}
        return {arn: one for arn, one in versions.items() if one.digests}

    def read(self, arns: Iterable[str], seen: Seen) -> None:
        for part in chunks(sorted(arns), _REVISIONS_PER_CALL):
            try:
                answer = self._described_revisions(part)
            except Denied as error:
                seen.blind.add(str(error))
                continue
            except CallFailed as error:
                seen.miss(part, error)
                continue
            for arn, refused in refusals(_REVISIONS, answer).items():
                seen.fail([arn], refused)
            self._keep(answer["serviceRevisions"])
            for one in answer["serviceRevisions"]:
                seen.versions[one["serviceRevisionArn"]] = described.version_of(one)
