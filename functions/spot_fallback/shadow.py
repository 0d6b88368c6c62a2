"""The service that covers: what it looks like, and what of it has to be brought up to its primary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecsops import tags

SUFFIX = "-ecs-ops-fallback"
_LONGEST_NAME = 255
FARGATE, FARGATE_SPOT = "FARGATE", "FARGATE_SPOT"
_REBALANCING = "availabilityZoneRebalancing"

_FOLLOWED = (
    "taskDefinition",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "healthCheckGracePeriodSeconds",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "propagateTags",
    "placementConstraints",
    "placementStrategy",
    "serviceConnectConfiguration",
    _REBALANCING,
)
# These percentages are the primary's too; hooks and alarms of its deployments are not the cover's.
_PERCENTAGES = ("maximumPercent", "minimumHealthyPercent")
# Strategies apply in the order given (task-placement-strategies.html); other lists come in any order.
_IN_ORDER = frozenset({"placementStrategy"})
# Without them a cover would be refused, or they mean nothing.
_MEANINGLESS: tuple[Any, ...] = (None, [], {}, "", "NONE", 0, False)


def shadow_name(primary: str) -> str:
    """The name of the service that covers ``primary``."""
    return f"{primary}{SUFFIX}"


def problems_of(described: Mapping[str, Any], provider: str | None) -> tuple[str, ...]:
    """Why a service cannot be covered, each with the way out."""
    found = []
    controller = described.get("deploymentController", {}).get("type", "ECS")
    strategy = described.get("deploymentConfiguration", {}).get("strategy", "ROLLING")
    if controller != "ECS" or strategy != "ROLLING":
        found.append(
            f"only rolling deployments by ECS can be covered, this service has {controller}/{strategy}: "
            "put a base on FARGATE into its capacity provider strategy instead"
        )
    providers = providers_of(described)
    if not providers:
        found.append("it has no capacity provider strategy: only a service on Spot needs a cover")
    elif FARGATE_SPOT not in providers and provider is None:
        found.append(
            f"it runs on {', '.join(providers)}: name the on-demand capacity provider of its cover "
            f"with the tag {tags.SPOT_FALLBACK_PROVIDER}"
        )
    if provider is not None and provider in providers:
        found.append(
            f"{tags.SPOT_FALLBACK_PROVIDER}={provider} is one of its own capacity providers"
        )
    for offered, what in _CANNOT_JOIN:
        if offered(_current(described)):
            found.append(
                f"{what}: put a base on FARGATE into its capacity provider strategy instead"
            )
    if described.get("schedulingStrategy", "REPLICA") != "REPLICA":
        found.append("a DAEMON service has one task on every instance: it cannot be covered")
    name = str(described.get("serviceName", ""))
    if len(shadow_name(name)) > _LONGEST_NAME:
        found.append(f"its name leaves no room for {SUFFIX!r} ({_LONGEST_NAME} characters)")
    return tuple(found)


def providers_of(described: Mapping[str, Any]) -> list[str]:
    """The capacity providers that the service's tasks may be on."""
    strategy = described.get("capacityProviderStrategy") or ()
    weighted = [each for each in strategy if each.get("weight") or each.get("base")]
    return [str(each["capacityProvider"]) for each in weighted]


def wanted(described: Mapping[str, Any], provider: str | None) -> dict[str, Any]:
    """The parameters of CreateService for its cover, without a desired count."""
    shown = _shown(described)
    followed = {name: shown[name] for name in _FOLLOWED if name in shown}
    configuration = described.get("deploymentConfiguration", {})
    percentages = {name: configuration[name] for name in _PERCENTAGES if name in configuration}
    launch: dict[str, Any] = {"launchType": FARGATE}
    if provider is not None:
        launch = {"capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}]}
        followed.pop("platformVersion", None)
    else:
        followed.pop("placementConstraints", None)
        followed.pop("placementStrategy", None)
    return {
        "serviceName": shadow_name(described["serviceName"]),
        **{name: value for name, value in followed.items() if value not in _MEANINGLESS},
        **launch,
        **({"deploymentConfiguration": percentages} if percentages else {}),
        "tags": [
            {"key": tags.FALLBACK_FOR, "value": described["serviceArn"]},
            *_passed_on(described),
        ],
    }


def differences(wanted_now: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """What UpdateService has to change so that the cover is as it should be."""
    shape = _shown(shape)
    return {
        name: wanted_now.get(name, _empty(shape.get(name)))
        for name in _FOLLOWED
        if _plain(wanted_now.get(name), in_order=name in _IN_ORDER)
        != _plain(shape.get(name), in_order=name in _IN_ORDER)
        and name in _changeable(wanted_now)
    }


def _changeable(wanted_now: Mapping[str, Any]) -> tuple[str, ...]:
    """Placement is for instances, a platform version for Fargate; zone rebalancing is never unset."""
    on_fargate = "launchType" in wanted_now
    placement = ("placementConstraints", "placementStrategy")
    not_for = placement if on_fargate else ("platformVersion",)
    untold = {_REBALANCING} - wanted_now.keys()
    return tuple(name for name in _FOLLOWED if name not in not_for and name not in untold)


def _plain(value: Any, *, in_order: bool) -> Any:
    """What is not there, and what is there and empty, are the same; and so are lists of the same."""
    if isinstance(value, list | tuple):
        items = [_plain(each, in_order=in_order) for each in value]
        return (items if in_order else sorted(items, key=repr)) or None
    if isinstance(value, Mapping):
        kept = {key: _plain(each, in_order=in_order) for key, each in value.items()}
        return {key: each for key, each in sorted(kept.items()) if each is not None} or None
    return None if value in ("NONE", 0, False, "") else value


def _empty(value: Any) -> Any:
    """What takes a setting away again."""
    if isinstance(value, Mapping):
        return {"enabled": False}  # Service Connect; nothing else of this kind can be taken away
    if isinstance(value, list | tuple):
        return []
    if isinstance(value, bool):
        return False
    return 0 if isinstance(value, int) else "NONE"


def _current(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """The deployment that counts."""
    deployments: list[Mapping[str, Any]] = list(described.get("deployments") or ())
    return next((each for each in deployments if each.get("status") == "PRIMARY"), {})


def _shown(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """A service with what DescribeServices tells with its deployment."""
    connect = _current(described).get("serviceConnectConfiguration") or {}
    return (
        {**described, "serviceConnectConfiguration": connect}
        if connect.get("enabled")
        else described
    )


def _offers_endpoints(deployment: Mapping[str, Any]) -> bool:
    connect = deployment.get("serviceConnectConfiguration") or {}
    return bool(connect.get("enabled") and connect.get("services"))


# What a second service cannot have part in, or the toolkit has no right to hand on.
_CANNOT_JOIN: tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...] = (
    (_offers_endpoints, "it offers Service Connect endpoints, which a second service cannot join"),
    (lambda one: bool(one.get("vpcLatticeConfigurations")), "it is in VPC Lattice target groups"),
    (lambda one: bool(one.get("volumeConfigurations")), "its tasks have EBS volumes made for them"),
)


def _passed_on(described: Mapping[str, Any]) -> list[dict[str, str]]:
    """The owner's tags, but none that the toolkit or AWS acts on."""
    given = tags.from_ecs(described.get("tags"))
    kept = {
        key: value
        for key, value in given.items()
        if not key.startswith("aws:") and (not key.startswith("ecs-ops:") or key == tags.ALERTS)
    }
    return [{"key": key, "value": value} for key, value in sorted(kept.items())]
