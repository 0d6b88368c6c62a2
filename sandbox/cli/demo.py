"""``ecs-ops demo``: the shipped stack, a running workload, a Spot interruption, and what comes of it."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.text import Text

from sandbox.account import ACCOUNT
from sandbox.cli.ahead_scene import known_ahead
from sandbox.cli.audit_scene import everything_is_audited
from sandbox.cli.batch_scene import launched_exactly_once
from sandbox.cli.drought_scene import spot_runs_dry
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.instance_scene import an_instance_is_taken
from sandbox.cli.json_lines import json_printer
from sandbox.cli.rollback_scene import rolled_back_by_the_guard
from sandbox.cli.scaling_scene import scaled_by_its_queue
from sandbox.cli.slack_scene import told_in_slack
from sandbox.cli.stage import Stage
from sandbox.cli.timeline import Timeline
from sandbox.trace import Entry

_WATCH_S = 150
_LABEL = "RESULT"


def run(arguments: Namespace) -> ExitCode:
    """Play the scenes; human by default, JSON lines on request."""
    console = Console(highlight=False, quiet=arguments.json)
    began = time.perf_counter()
    console.print(Text("ECS Ops Toolkit: an embedded AWS account on this machine", style="bold"))
    with console.status("starting an account, deploying template.yaml, starting tasks ..."):
        stage = Stage(arguments.world, arguments.seed).__enter__()
    try:
        _introduce(console, stage, time.perf_counter() - began)
        stage.account.trace.clear()
        if arguments.json:
            stage.account.trace.listen(json_printer(sys.stdout))
        done = (
            spot_interruption(console, stage)
            and told_in_slack(console, stage, *_scene(stage))
            and scaled_by_its_queue(console, stage)
            and rolled_back_by_the_guard(console, stage, *_scene(stage))
            and an_instance_is_taken(console, stage)
            and known_ahead(console, stage)
            and spot_runs_dry(console, stage, *_scene(stage))
            and launched_exactly_once(console, stage, _scene(stage)[0])
            and everything_is_audited(console, stage)
        )
    finally:
        stage.close()
    console.print()
    console.print(
        f"{time.perf_counter() - began:.1f} s. The same seed gives the same run: --seed {arguments.seed}"
    )
    console.print(
        "Next: ecs-ops fire events/ecs-task-spot-interruption.json   (any event of yours)"
    )
    console.print("      ecs-ops dashboard                                     (the fleet table)")
    console.print("      make deploy                                           (a real account)")
    return ExitCode.DONE if done else ExitCode.FUNCTION_FAILED


def spot_interruption(console: Console, stage: Stage) -> bool:
    """Scene: Spot takes one task of a service behind two target groups. Whether it left in time."""
    account = stage.account
    cluster, service = _scene(stage)
    began = account.clock.now()
    console.print()
    console.print(Text(f"Scene: Spot takes a task of {cluster}/{service} away", style="bold"))
    timeline = Timeline(console, began, stage.logical_id)
    account.trace.listen(_filtered(timeline))
    victim = account.client("ecs").list_tasks(cluster=cluster, serviceName=service)["taskArns"][0]
    account.ecs.interrupt([victim])
    account.run_for(_WATCH_S)
    drained = _result(timeline, stage, victim, began)
    timeline.end()
    return drained


def _result(timeline: Timeline, stage: Stage, victim: str, began: float) -> bool:
    account = stage.account
    calls = [entry for entry in account.trace.select("call") if entry.get("function")]
    taken_out = [
        entry
        for entry in calls
        if entry["operation"] == "DeregisterTargets" and entry["outcome"] == "ok"
    ]
    now = account.clock.now()
    if not taken_out:
        timeline.line(now, _LABEL, "nothing was deregistered: see the lines above")
        return False
    left = 120 - (taken_out[-1].at - began)
    task = victim.rpartition("/")[2][:8]
    timeline.line(
        now,
        _LABEL,
        f"task {task} was out of {len(taken_out)} target groups with {left:.1f} s of its 120 left",
    )
    counted = {
        name: sum(entry["value"] for entry in account.trace.select("metric", name=name))
        for name in ("NativeDeregistered", "BackstopDeregistered", "StillRegistered")
    }
    first = "ECS came" if counted["NativeDeregistered"] else "the toolkit came"
    timeline.line(
        now, _LABEL, f"ECS's own draining and the toolkit are in a race: this time {first} first"
    )
    for name, number in counted.items():
        timeline.line(now, "METRIC", f"{name} = {number:g}")
    lost = sum(account.targets.lost_traffic_seconds(arn) for arn in stage.group_arns())
    timeline.line(
        now,
        _LABEL,
        f"{len(calls)} AWS calls; time in which requests went to a dead task: {lost:.1f} s",
    )
    return lost == 0


def _scene(stage: Stage) -> tuple[str, str]:
    """The first Spot service of the world that has target groups."""
    for cluster in stage.world.document["clusters"]:
        for service in cluster.get("services", ()):
            if (
                service.get("target_groups")
                and service.get("capacity", "FARGATE_SPOT") == "FARGATE_SPOT"
            ):
                return cluster["name"], service["name"]
    return stage.no_scene()


def _filtered(timeline: Timeline) -> Callable[[Entry], None]:
    def show(entry: Entry) -> None:
        if _part_of_story(entry):
            timeline.show(entry)

    return show


def _part_of_story(entry: Entry) -> bool:
    """Leave out what other tasks do meanwhile, e.g. the replacement that starts."""
    if entry.kind != "event":
        return True
    event: dict[str, Any] = entry["event"]
    detail = event.get("detail") or {}
    return event.get("source") == "ecs-ops" or bool(detail.get("stoppedReason"))


def _introduce(console: Console, stage: Stage, took: float) -> None:
    ecs = stage.account.client("ecs")
    resources = len(stage.stack.deployed.resources)
    console.print(
        f"  account {ACCOUNT}, {stage.world.region}; template.yaml deployed: "
        f"{resources} resources ({took:.1f} s)"
    )
    for cluster in stage.world.document["clusters"]:
        names = [service["name"] for service in cluster.get("services", ())]
        if names:
            for service in ecs.describe_services(cluster=cluster["name"], services=names[:10])[
                "services"
            ]:
                console.print(
                    f"  {cluster['name']}/{service['serviceName']}: {service['runningCount']} of "
                    f"{service['desiredCount']} tasks running, {len(service['loadBalancers'])} target groups"
                )
