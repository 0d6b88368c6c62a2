"""The light twin of long runs answers what queue scaling asks as the ECS twin does."""

from __future__ import annotations

import random

from sandbox.account import ACCOUNT, REGION
from sandbox.caller import Caller
from sandbox.clock import SteppedClock
from sandbox.queue_load.fleet import Fleet, FleetService
from sandbox.queue_load.workers import Workers

CALLER = Caller("operator", ACCOUNT, REGION)
ASKED = ("serviceArn", "status", "desiredCount", "runningCount", "pendingCount")


def light():
    clock = SteppedClock(0.0)
    fleet = Fleet(clock, random.Random(1), 0.0)
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/prod/worker"
    tags = {"ecs-ops:queue": "orders", "ecs-ops:latency-slo": "60s"}
    fleet.add(FleetService("prod", "worker", arn, Workers(random.Random(1)), tags=tags), 1)
    return fleet, clock


def what_is_asked(described):
    found = {name: described[name] for name in ASKED}
    found["tags"] = {tag["key"]: tag["value"] for tag in described["tags"]}
    found["deploying"] = (
        len(described["deployments"]) > 1
        or described["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    )
    return found


def test_before_and_after_a_change_of_the_count(shop):
    fleet, clock = light()
    shop.service(processing_time=None, max_tasks=None, seen=False)
    shop.account.run_for(300)
    ecs = shop.account.client("ecs")
    for count in (4, 2, 0):
        asked = {"cluster": "prod", "service": "worker", "desiredCount": count}
        ecs.update_service(**asked)
        fleet.call("UpdateService", asked, CALLER)
        shop.account.run_for(300)
        clock.run_for(300)
        asked = {"cluster": "prod", "services": ["worker"], "include": ["TAGS"]}
        real = ecs.describe_services(**asked)["services"][0]
        lean = fleet.call("DescribeServices", asked, CALLER)["services"][0]
        assert what_is_asked(lean) == what_is_asked(real)
