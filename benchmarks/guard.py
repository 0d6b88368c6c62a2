"""The deployment guard: how soon it tells, what it costs, how much sooner than ECS it rolls back.

All in virtual time, so that a busy machine changes nothing: each AWS call of a function takes 30 ms where
times are told, each run is a cold start, and CPU time is added: what this process took meanwhile, the
account's own included, and what a new process takes to load the handler.
Times to the rollback are with the durations of public captures: a pull that fails takes two minutes, the
third attempt waits four.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.guard_world import (
    CRASH,
    EXECUTOR,
    MISSING_IMAGE,
    MISSING_SECRET,
    OBSERVER,
    OUT_OF_MEMORY,
    QUIET,
    REPOSITORY,
    UNHEALTHY,
    Failure,
    Services,
    calls,
    failed_task,
    runs,
    tells,
)
from benchmarks.results import ROOT, Result
from build_tools.template import functions
from sandbox.account import Account
from sandbox.ecs import EcsSettings
from sandbox.trace import Entry
from sandbox.world_resources import create_alarm

TEMPLATE = ROOT / "template.yaml"
LATENCY_S = 0.03
SAMPLES = 20
WARM_UP_S, WATCH_S = 240.0, 900.0
# Longer than the watch of a first version.
PROVEN_S, ALARM = 1_440.0, "errors"
ROLLBACK_S = 2_400.0
# No two runs of a failure come closer than that.
COLD_S = 0.05
SEEDS = (1, 2, 3)
CASES = (MISSING_IMAGE, OUT_OF_MEMORY, UNHEALTHY, MISSING_SECRET, CRASH)
_HANDLER, _EXECUTOR_HANDLER = "deploy_guard.handler", "deploy_guard.executor_handler"
_FAST = EcsSettings(pull_retries_s=2.0)


def measure() -> Iterator[Result]:
    """All figures of this group."""
    yield from _calls()
    yield from _times_to_rollback()
    yield from _latencies()


def _latencies() -> Iterator[Result]:
    for suffix, how, failures, goal in (
        ("", MISSING_IMAGE, 1, "<= 5"),
        ("_logs", CRASH, 3, "<= 10"),
    ):
        delays = sorted(_delays(how, failures))
        p95 = delays[round(len(delays) * 0.95) - 1]
        yield Result(
            f"guard.alert_p95{suffix}_s",
            p95,
            "s from the event to the published alert, cold, 30 ms a call",
            goal,
            {"median": median(delays)},
        )


def _delays(how: Failure, failures: int) -> list[float]:
    """From the event of the failure that settles it to the alert, for one service after another."""
    names = [f"s{number}" for number in range(SAMPLES)]
    with Account(seed=3, latency_s=LATENCY_S, ecs=_FAST) as account:
        account.deploy(TEMPLATE, parameters=QUIET)
        services = Services(account, names)
        account.run_for(WARM_UP_S)
        account.trace.clear()
        watch = _Watch(account, _init_s(_HANDLER))
        account.trace.listen(watch.look)
        return [watch.delay(services, name, how, failures) for name in names]


class _Watch:
    """Takes the time, virtual and of the CPU, from a failure to its alert."""

    def __init__(self, account: Account, init_s: float) -> None:
        self.account, self.init_s = account, init_s
        self.name, self.failures = "", 1
        self.failed: set[str] = set()
        self.began: tuple[float, float] | None = None
        self.ended: tuple[float, float] | None = None

    def delay(self, services: Services, name: str, how: Failure, failures: int) -> float:
        """Let a version fail and wait for the alert."""
        self.name, self.failures = name, failures
        self.failed, self.began, self.ended = set(), None, None
        services.fail(name, how)
        for _ in range(round(WATCH_S * 2)):
            # As if each run came after a quiet hour.
            self.account.recycle()
            self.account.run_for(0.5)
            taken = self._taken()
            if taken is not None:
                return taken
        raise RuntimeError(f"nobody was told of: {how.name}")

    def _taken(self) -> float | None:
        if self.began is None or self.ended is None:
            return None
        return sum(self.ended) - sum(self.began) + self.init_s

    def look(self, entry: Entry) -> None:
        """See whether it is one of the two moments."""
        arn = failed_task(entry, self.name)
        if arn is not None and arn not in self.failed:
            self.failed.add(arn)
            if len(self.failed) == self.failures:
                self.began = entry.at, time.process_time()
        if self.ended is None and tells(entry, self.name):
            self.ended = float(entry["ended"]), time.process_time()


def _init_s(handler: str) -> float:
    """CPU time of a new process that loads a handler, from the source and with all of botocore's data."""
    (function,) = [one for one in functions() if one.module == handler]
    folder = str(ROOT / "functions")
    environment = {**os.environ, **function.environment, "PYTHONPATH": folder}
    taken = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", f"import {handler}"], env=environment, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return median(taken)


def _calls() -> Iterator[Result]:
    found = {how.name: _Counted(how) for how in CASES}
    yield Result(
        "guard.calls_per_failure",
        max(one.altogether for one in found.values()),
        "AWS calls of all runs from the first failed task to the alert and its order, each run cold, "
        "worst of five causes",
        "<= 12",
        {name: one.altogether for name, one in found.items()},
    )
    yield Result(
        "guard.calls_per_run",
        max(one.alerting for one in found.values()),
        "of them in the run that tells it",
        None,
        {name: one.alerting for name, one in found.items()},
    )
    yield Result(
        "guard.calls_per_deployment",
        max(one.beginning for one in found.values()),
        "AWS calls of the run that sees a deployment begin, the minute's sweep in it",
    )
    yield Result(
        "guard.calls_per_alarm",
        _calls_of_an_alarm(),
        "AWS calls of the cold run that tells an alarm after COMPLETED and orders its rollback, in ECR",
        "<= 12",
    )
    yield Result(
        "guard.calls_per_duplicate",
        max(one.duplicate for one in found.values()),
        "AWS calls",
        "<= 1",
    )
    yield Result(
        "guard.calls_per_rollback",
        max(one.rollback for one in found.values()),
        "AWS calls of the executor",
    )


class _Counted:
    """What a failure costs, and what copies of its events cost."""

    def __init__(self, how: Failure) -> None:
        with Account(seed=7) as account:
            account.deploy(TEMPLATE, parameters=QUIET)
            services = Services(account, ["web"])
            account.run_for(WARM_UP_S)
            account.trace.clear()
            services.fail("web", how)
            told = None
            for _ in range(round(WATCH_S / COLD_S)):
                account.recycle()
                account.run_for(COLD_S)
                told = told or services.told("web")
                if told is not None and calls(account, EXECUTOR):
                    break
            if told is None:
                raise RuntimeError(f"nobody was told of: {how.name}")
            account.run_for(60)
            began = services.failed_at("web")[0]
            every = runs(account, OBSERVER)
            self.beginning = len(every[0])
            every = [run for run in every if run[-1]["started"] >= began]
            number = next(n for n, run in enumerate(every) if told in run)
            self.alerting = len(every[number])
            self.altogether = sum(len(run) for run in every[: number + 1])
            self.rollback = len(calls(account, EXECUTOR))
            self.duplicate = _duplicate(account)


def _calls_of_an_alarm() -> int:
    """What it costs when a version that completed is condemned by an alarm."""
    fields = {
        "containers": [{"name": "app", "port": 8080, "image": f"{REPOSITORY}:v1"}],
        "tags": {"ecs-ops:rollback": "auto", "ecs-ops:bake-alarms": ALARM},
    }
    with Account(seed=7) as account:
        account.deploy(TEMPLATE, parameters=QUIET)
        create_alarm(account, ALARM)
        services = Services(account, ["web"], **fields)
        account.run_for(PROVEN_S)
        account.images.push(f"{REPOSITORY}:v2")
        services.fail("web", Failure("an alarm", container={"image": f"{REPOSITORY}:v2"}))
        account.run_for(WARM_UP_S)
        account.trace.clear()
        account.recycle()
        account.client("cloudwatch").set_alarm_state(
            AlarmName=ALARM, StateValue="ALARM", StateReason="errors"
        )
        account.run_for(5)
        every = runs(account, OBSERVER)
        telling = [run for run in every if any(tells(one, "web", ("bake-alarm",)) for one in run)]
        if not telling:
            raise RuntimeError("nobody was told of the alarm")
        return len(telling[0])


def _duplicate(account: Account) -> int:
    """The most that one more copy of an event about a failed task costs."""
    copies = [e["event"] for e in account.trace.select("event") if failed_task(e, "web")]
    most = 0
    for event in copies[:4]:
        before = len(runs(account, OBSERVER))
        account.put_event(event)
        account.run_for(1)
        most = max([most, *(len(run) for run in runs(account, OBSERVER)[before:])])
    return most


def _times_to_rollback() -> Iterator[Result]:
    """From the first failed task to the rollback: ours, and the breaker's with default thresholds."""
    cold = _init_s(_HANDLER) + _init_s(_EXECUTOR_HANDLER)
    ours = [_time_to_rollback(seed, "auto", None) + cold for seed in SEEDS]
    native = [_time_to_rollback(seed, "off", {"rollback": True}) for seed in SEEDS]
    yield Result(
        "guard.time_to_rollback_ratio",
        median(ours) / median(native),
        "of the time that ECS's circuit breaker takes with default thresholds, missing image",
        "<= 0.25",
        {"circuit breaker": 1.0},
    )
    yield Result(
        "guard.time_to_rollback_s",
        median(ours),
        "s in the twin, from the first failed task, both functions cold, 30 ms a call",
        None,
        {"circuit breaker": median(native)},
    )


def _time_to_rollback(seed: int, mode: str, breaker: dict[str, Any] | None) -> float:
    fields: dict[str, Any] = {"tags": {"ecs-ops:rollback": mode}}
    if breaker is not None:
        fields["breaker"] = breaker
    with Account(seed=seed, latency_s=LATENCY_S) as account:
        account.deploy(TEMPLATE, parameters=QUIET)
        services = Services(account, ["web"], **fields)
        account.run_for(WARM_UP_S)
        account.trace.clear()
        services.fail("web", MISSING_IMAGE)
        end, cpu = account.clock.now() + ROLLBACK_S, time.process_time()
        while account.clock.now() < end:
            if not services.failed_at("web"):
                cpu = time.process_time()
            account.recycle()
            account.run_for(1)
            if _rolls_back(account):
                taken = _rolled_back_at(account) - services.failed_at("web")[0]
                # What ECS does takes none of its users' processors.
                return taken + (time.process_time() - cpu if mode == "auto" else 0.0)
    raise RuntimeError(f"nobody rolled back within {ROLLBACK_S:g} s")


def _rolled_back_at(account: Account) -> float:
    """When we asked for it; ECS itself is looked at each second."""
    asked = account.trace.select("call", operation="StopServiceDeployment", outcome="ok")
    return float(asked[0]["ended"]) if asked else account.clock.now()


def _rolls_back(account: Account) -> bool:
    ecs = account.client("ecs")
    (service,) = ecs.describe_services(cluster="prod", services=["web"])["services"]
    arn = service["currentServiceDeployment"]
    shown = ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    return str(shown["serviceDeployments"][0]["status"]).startswith("ROLLBACK")
