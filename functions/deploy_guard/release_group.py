"""Services that were released together go back together: who, in which turn, and who stays and why.

The one that failed goes first, by its own rules. The others follow in the order of the tag
``ecs-ops:release-order``, those with the same number side by side, each number when the one before is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from deploy_guard.gates import Rule
from deploy_guard.model import Deployment, Follows, Ledger, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.signals import Follow
from ecsops import tags
from ecsops.arns import parse_arn

# Whoever goes first gets that long; then the order would be broken, and people are asked.
TURN_S = 900
GIVE_UP_AFTER_S = 3600
GOES_BACK = frozenset({Outcome.ROLLING_BACK, Outcome.ROLLED_BACK})
_UNHARMED = frozenset({Outcome.IN_PROGRESS, Outcome.SUCCEEDED})
_NOT_OF_THE_VERSION = frozenset({"capacity", "infra"})


class Member(msgspec.Struct, frozen=True):
    """A service of the group whose latest version was released with the one that failed.

    ``stays`` is why it does not go back with it; None: it does.
    """

    service: str
    row: Deployment
    order: int = 0
    stays: str | None = None

    @property
    def name(self) -> str:
        """``prod/web``."""
        return name_of(self.service)


class Plan(msgspec.Struct, frozen=True):
    """What becomes of a release group; ``members`` in the order of their turns."""

    group: str
    members: tuple[Member, ...] = ()

    @property
    def following(self) -> tuple[Member, ...]:
        """Those that go back too."""
        return tuple(one for one in self.members if one.stays is None)

    def orders(self, failed: Deployment, service: str, incident: str, now: float) -> list[Follow]:
        """The messages that have the others follow."""
        return [
            Follow(
                one.service,
                one.row.id,
                Follows(
                    service,
                    failed.id,
                    self.group,
                    incident,
                    now,
                    tuple(each.service for each in self.following if each.order < one.order),
                ),
            )
            for one in self.following
        ]


def plan(
    failed: Deployment,
    settings: OwnerSettings,
    blame: str,
    others: Mapping[str, Mapping[str, str]],
    ledgers: Mapping[str, Ledger],
) -> Plan:
    """The group of a deployment that failed: ``others`` are its services with their tags."""
    members = []
    for service, given in others.items():
        row = _released(ledgers.get(service, Ledger(service)), failed, settings.release_window_s)
        if row is None:
            continue
        order, problem = tags.RELEASE_ORDER.read(given)
        stays = _stays(row, settings, blame, given, problem)
        members.append(Member(service, row, order, stays))
    ordered = sorted(members, key=lambda one: (one.order, one.service))
    return Plan(settings.release_group or "", tuple(ordered))


def _released(ledger: Ledger, failed: Deployment, window_s: float) -> Deployment | None:
    """The latest version of a service, if it was released at about the same time."""
    latest = next(iter(ledger.deployments), None)
    if latest is None or latest.rolls_back or abs(latest.began - failed.began) > window_s:
        return None
    return latest


def _stays(
    row: Deployment,
    settings: OwnerSettings,
    blame: str,
    given: Mapping[str, str],
    problem: tags.Problem | None,
) -> str | None:
    if row.outcome not in _UNHARMED:
        return f"it is {row.outcome} itself"
    if settings.group_rollback != "auto":
        return f"ecs-ops:group-rollback={settings.group_rollback}: only told"
    if blame in _NOT_OF_THE_VERSION:
        return "no version is to blame"
    own, _ = tags.GROUP_ROLLBACK.read(given)
    if own != "auto":
        return f"its own tag ecs-ops:group-rollback says {own}"
    return str(problem) if problem is not None else None


def turn(follows: Follows, ledgers: Mapping[str, Ledger], now: float) -> Rule:
    """Whether the turn of one that follows has come, by what is known of the others now."""
    leader = ledgers.get(follows.service, Ledger(follows.service)).find(follows.deployment)
    name = name_of(follows.service)
    if leader is None or leader.outcome not in GOES_BACK:
        state = leader.outcome if leader is not None else "not known any more"
        return Rule("release group", False, f"{name}, which it follows, is {state}")
    waits = [one for one in follows.before if not _is_back(ledgers.get(one), follows)]
    if not waits:
        return Rule("release group", True, f"{name} of release group {follows.group} is going back")
    first = ", ".join(name_of(one) for one in waits)
    if now < follows.at + TURN_S:
        return Rule("release group", False, f"{first} goes back first", until=follows.at + TURN_S)
    return Rule("release group", False, f"{first} goes back first, and is not back")


def _is_back(ledger: Ledger | None, follows: Follows) -> bool:
    rows: Iterable[Deployment] = ledger.deployments if ledger else ()
    return any(
        row.follows is not None
        and row.follows.deployment == follows.deployment
        and row.outcome is Outcome.ROLLED_BACK
        for row in rows
    )


def name_of(service: str) -> str:
    """``prod/web`` of an ARN."""
    arn = parse_arn(service)
    return f"{arn.cluster or 'default'}/{arn.name}"
