"""What draining reads from and does to target groups, all groups side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsops.errors import CallFailed
from ecsops.parallel import run_all
from spot_drain.answers import called, only_failures
from spot_drain.calls import Call, benign, calls_for, seen_by_membership
from spot_drain.targets import Membership, Target
from spot_drain.verdict import Seen, seen_in

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


@dataclass(frozen=True, slots=True)
class Balancers:
    """The half of the gateway that is about ELB."""

    elbv2: ElasticLoadBalancingv2Client

    def look(self, memberships: Iterable[Membership]) -> dict[Membership, Seen]:
        """What each place shows; UNKNOWN where the look failed, GONE where the group is no more."""
        asked = calls_for(memberships)
        answers = run_all([lambda call=call: self._health(call) for call in asked])  # type: ignore[misc]
        return seen_by_membership(asked, answers)

    def look_and_deregister(
        self, memberships: Iterable[Membership]
    ) -> tuple[dict[Membership, Seen], dict[Membership, CallFailed]]:
        """Look and take out at once, all groups side by side: one round trip in all.

        The looks are sent first. Should one arrive after the deregistration all the same, a task is
        counted as drained by ECS that was drained by us: the metric errs, the task is out.
        """
        asked = calls_for(memberships)
        looks = [lambda call=call: self._health(call) for call in asked]
        acts = [lambda call=call: self._deregister(call) for call in asked]
        answers: list[Any] = run_all([*looks, *acts])
        acted = [only_failures(answer) for answer in answers[len(asked) :]]
        harmless = benign(asked, acted)
        failed = {
            membership: answer
            for call, answer in zip(asked, acted, strict=True)
            if answer is not None and call not in harmless
            for membership in call.places
        }
        return seen_by_membership(asked, answers[: len(asked)]), failed

    def _health(self, call: Call) -> dict[Target, Seen]:
        targets = [place.target for place in call.places]
        answer = called(
            "DescribeTargetHealth",
            lambda: self.elbv2.describe_target_health(
                TargetGroupArn=call.group_arn, Targets=_wire(targets)
            ),
        )
        return seen_in(answer["TargetHealthDescriptions"], targets)

    def _deregister(self, call: Call) -> None:
        called(
            "DeregisterTargets",
            lambda: self.elbv2.deregister_targets(
                TargetGroupArn=call.group_arn, Targets=_wire(place.target for place in call.places)
            ),
        )


def _wire(targets: Iterable[Target]) -> list[Any]:
    return [{"Id": target.id, "Port": target.port} for target in targets]
