"""A service on Spot that wants a cover, and a Spot market that comes and goes."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Operations, web

COVER = "web-ecs-ops-fallback"


class Market(Operations):
    """The account, and what the tests of the cover ask it."""

    def run(self, seconds: float) -> None:
        self.account.run_for(seconds)

    def spot(self, tasks: int | None) -> None:
        """Offer so much Spot capacity in each zone; what there is too much of is interrupted."""
        self.account.ecs.spot_capacity(tasks)

    def drought(self) -> None:
        """Spot takes everything back, and has nothing to offer."""
        self.account.ecs.spot_capacity(0)
        self.account.ecs.interrupt()

    def service(self, name: str = "web") -> dict:
        answer = self.account.client("ecs").describe_services(
            cluster="prod", services=[name], include=["TAGS"]
        )
        return answer["services"][0] if answer["services"] else {"status": "MISSING"}

    def covered(self) -> int:
        """The desired count of the cover; -1 where there is none."""
        cover = self.service(COVER)
        return cover["desiredCount"] if cover["status"] == "ACTIVE" else -1

    def tag(self, value: str | None, key: str = "ecs-ops:spot-fallback", name: str = "web") -> None:
        ecs, arn = self.account.client("ecs"), self.service(name)["serviceArn"]
        if value is None:
            ecs.untag_resource(resourceArn=arn, tagKeys=[key])
        else:
            ecs.tag_resource(resourceArn=arn, tags=[{"key": key, "value": value}])

    def alerts(self) -> list[dict]:
        return [
            entry["event"]["detail"]
            for entry in self.trace.select("event")
            if entry["event"]["detail-type"] == "ECS Ops Alert"
            and entry["event"]["detail"]["capability"] == "spot_fallback"
        ]

    def titles(self) -> list[str]:
        return [alert["title"] for alert in self.alerts()]

    def changes(self) -> list[tuple[int, int]]:
        """Every change of a cover that was published, copies left out: tasks before and after."""
        details = {
            entry["event"]["detail"]["id"]: entry["event"]["detail"]
            for entry in self.trace.select("event")
            if entry["event"]["detail-type"] == "ECS Ops Spot Fallback"
        }
        return [(detail["before"], detail["after"]) for detail in details.values()]


@pytest.fixture
def market(operate):
    """Build it: ``market(count=4, tags={...})``."""

    def build(count: int = 4, tags: dict | None = None, parameters: dict | None = None, **options):
        services = options.pop("services", None) or [
            web(count=count, tags={"ecs-ops:spot-fallback": "on"} | (tags or {}))
        ]
        built = operate(
            services, parameters={"SpotFallbackMode": "on"} | (parameters or {}), **options
        )
        return Market(built.account, built.stack)

    return build
