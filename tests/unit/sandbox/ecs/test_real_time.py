"""The HTTP server calls from several threads while the clock runs in another one."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

from sandbox.clock import WallClock
from sandbox.ecs import EcsSettings, EcsTwin
from sandbox.elb import TargetGroups
from tests.unit.sandbox.ecs.ecs_world import CALLER

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-a"]}}


def test_calls_from_several_threads_do_not_disturb_each_other() -> None:
    clock, rng = WallClock(), random.Random(1)
    try:
        settings = EcsSettings(provisioning_s=0.01, pending_s=0.01, activating_s=0.01)
        events: list[dict] = []
        twin = EcsTwin(clock, events.append, rng, TargetGroups(clock, rng), settings)
        definition = {"family": "web", "containerDefinitions": [{"name": "web", "image": "web"}]}
        twin.call("CreateCluster", {}, CALLER)
        twin.call("RegisterTaskDefinition", definition, CALLER)
        params = {"taskDefinition": "web", "launchType": "FARGATE", "count": 5}
        with ThreadPoolExecutor(4) as threads:
            call = {**params, "networkConfiguration": NETWORK}
            list(threads.map(lambda _: twin.call("RunTask", call, CALLER), range(8)))
        deadline = time.monotonic() + 5
        while len(events) < 160 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        clock.close()
    running = [e["detail"] for e in events if e["detail"]["lastStatus"] == "RUNNING"]
    addresses = {d["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for d in running}
    assert len(events) == 160
    assert len(addresses) == 40
