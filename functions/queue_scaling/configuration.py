"""What a service's tags say: which queues, how fast, how many tasks, who scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from ecsops.arns import parse_arn
from queue_scaling.problem import ConfigurationProblem, InvalidTag
from queue_scaling.quantities import count, items, seconds, word
from queue_scaling.reference import QUEUE_TAG, Reference, parse_reference

Mode = Literal["metric", "managed", "direct", "dry-run", "off"]

SLO_TAG, TIME_TAG = "ecs-ops:latency-slo", "ecs-ops:processing-time"
CONCURRENCY_TAG, GROUPS_TAG = "ecs-ops:concurrency", "ecs-ops:fifo-groups"
MIN_TAG, MAX_TAG = "ecs-ops:min-tasks", "ecs-ops:max-tasks"
MODE_TAG, INTERVAL_TAG = "ecs-ops:scaling", "ecs-ops:scaling-interval"
WINDOW_TAG, STEP_TAG = "ecs-ops:scale-in-window", "ecs-ops:scale-out-step"
STARTUP_TAG, PROTECTION_TAG = "ecs-ops:startup-time", "ecs-ops:task-protection"
METRICS_TAG = "ecs-ops:scaling-metrics"
TAGS = (
    *(QUEUE_TAG, SLO_TAG, TIME_TAG, CONCURRENCY_TAG, GROUPS_TAG, MIN_TAG, MAX_TAG, MODE_TAG),
    *(INTERVAL_TAG, WINDOW_TAG, STEP_TAG, STARTUP_TAG, PROTECTION_TAG, METRICS_TAG),
)

MODES = ("metric", "managed", "direct", "dry-run", "off")
_DAY_S, _MOST_TASKS = 86_400.0, 5_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of a service. ``prior_s`` is what its owner believes a message takes, if they said so."""

    reference: Reference
    slo_s: float
    prior_s: float | None = None


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A service that scales with its queues."""

    arn: str
    queues: tuple[Queue, ...]
    mode: Mode = "metric"
    interval_s: int = 60
    concurrency: int = 1
    minimum: int = 0
    maximum: int | None = None
    startup_s: float = 60.0
    window_s: float = 40.0
    out_step: int | None = None
    fifo_groups: int | None = None
    protects_work: bool = False
    all_metrics: bool = False

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return parse_arn(self.arn).cluster or "default"

    @property
    def name(self) -> str:
        """The service's name."""
        return parse_arn(self.arn).name

    @property
    def prompt(self) -> bool:
        """Whether the count follows at once, and not when alarms have made up their minds."""
        return self.mode in ("direct", "dry-run")

    @property
    def resource_id(self) -> str:
        """The service as Application Auto Scaling names it."""
        return f"service/{self.cluster}/{self.name}"


def read_configuration(
    arn: str, tags: Mapping[str, str]
) -> ServiceConfig | tuple[ConfigurationProblem, ...]:
    """The configuration in force, or everything that is wrong with it."""
    reader = _Reader(tags)
    word_of = reader.read(MODE_TAG, "metric", lambda text: word(MODE_TAG, text, MODES))
    mode = cast("Mode", word_of)
    config = ServiceConfig(
        arn=arn,
        queues=reader.queues(arn),
        mode=mode,
        interval_s=reader.interval(20 if mode in ("direct", "dry-run") else 60),
        concurrency=reader.number(CONCURRENCY_TAG, 1, least=1, most=1000) or 1,
        minimum=reader.number(MIN_TAG, 0, least=0, most=_MOST_TASKS) or 0,
        maximum=reader.number(MAX_TAG, None, least=0, most=_MOST_TASKS),
        startup_s=reader.duration(STARTUP_TAG, 60.0, most=3600.0),
        window_s=reader.duration(WINDOW_TAG, 40.0, most=_DAY_S),
        out_step=reader.number(STEP_TAG, None, least=1, most=_MOST_TASKS),
        fifo_groups=reader.number(GROUPS_TAG, None, least=1, most=100_000),
        protects_work=reader.choice(PROTECTION_TAG, ("on", "off"), "off") == "on",
        all_metrics=reader.choice(METRICS_TAG, ("ratio", "all"), "ratio") == "all",
    )
    reader.problems += _contradictions(config, tags)
    return tuple(sorted(set(reader.problems))) if reader.problems else config


class _Reader:
    """Reads tags one by one and keeps what is wrong with each."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._tags = tags
        self.problems: list[ConfigurationProblem] = []

    def read[T](self, tag: str, default: T, parse: Callable[[str], T]) -> T:
        """The parsed value; the default where there is no tag, or it is of no use."""
        text = self._tags.get(tag)
        if text is None:
            return default
        try:
            return parse(text)
        except InvalidTag as error:
            self.problems.append(error.found)
            return default

    def duration(self, tag: str, default: float, *, most: float) -> float:
        return self.read(tag, default, lambda text: seconds(tag, text, least=1.0, most=most))

    def number(self, tag: str, default: int | None, *, least: int, most: int) -> int | None:
        def parse(text: str) -> int | None:
            return count(tag, text, least=least, most=most)

        return self.read(tag, default, parse)

    def choice(self, tag: str, allowed: tuple[str, ...], default: str) -> str:
        return self.read(tag, default, lambda text: word(tag, text, allowed))

    def interval(self, default: int) -> int:
        return int(self.choice(INTERVAL_TAG, ("20s", "60s"), f"{default}s").removesuffix("s"))

    def queues(self, arn: str) -> tuple[Queue, ...]:
        found: list[Queue] = self.read(QUEUE_TAG, [], lambda text: self._queues(arn, text))
        if not found and not any(problem.tag == QUEUE_TAG for problem in self.problems):
            text = self._tags.get(QUEUE_TAG, "")
            self.problems.append(
                ConfigurationProblem(QUEUE_TAG, text, "expected the names of one or more queues")
            )
        return tuple(found)

    def _queues(self, arn: str, text: str) -> list[Queue]:
        service = parse_arn(arn)
        usual = self._usual_slo(text)
        priors: dict[str, float] = self.read(TIME_TAG, {}, _priors)
        found = []
        for item in text.split():
            name, at, slo = item.rpartition("@")
            reference = parse_reference(name if at else item, service.account, service.region)
            slo_s = seconds(QUEUE_TAG, slo, least=1.0, most=_DAY_S) if at else usual
            prior = priors.get(reference.text, priors.get(reference.name, priors.get("")))
            found.append(Queue(reference, slo_s, prior))
        names = {name for queue in found for name in (queue.reference.text, queue.reference.name)}
        for name in sorted(priors.keys() - names - {""}):
            self.problems.append(
                ConfigurationProblem(
                    TIME_TAG, self._tags[TIME_TAG], f"{name!r} is no queue of {QUEUE_TAG}"
                )
            )
        if len({queue.reference for queue in found}) < len(found):
            raise InvalidTag(QUEUE_TAG, text, "names a queue twice")
        return found

    def _usual_slo(self, queues: str) -> float:
        if SLO_TAG not in self._tags and not all("@" in item for item in queues.split()):
            problem = "is missing: how long may a message wait? Write it like 60s"
            self.problems.append(ConfigurationProblem(SLO_TAG, "", problem))
        return self.duration(SLO_TAG, 60.0, most=_DAY_S)


def _priors(text: str) -> dict[str, float]:
    named = items(TIME_TAG, text)
    return {
        name: seconds(TIME_TAG, value, least=0.001, most=_DAY_S / 2)
        for name, value in named.items()
    }


def _contradictions(config: ServiceConfig, tags: Mapping[str, str]) -> list[ConfigurationProblem]:
    """Tags that are fine alone and senseless together."""
    found = []
    maximum = config.maximum
    if maximum == 0:
        found.append(
            ConfigurationProblem(MAX_TAG, "0", "a service that may have no task cannot scale")
        )
    elif maximum is not None and config.minimum > maximum:
        found.append(
            ConfigurationProblem(
                MIN_TAG, tags.get(MIN_TAG, ""), f"is more than {MAX_TAG}={maximum}"
            )
        )
    if maximum is None and config.mode in ("managed", "direct") and MAX_TAG not in tags:
        found.append(
            ConfigurationProblem(
                MAX_TAG, "", f"is missing: {MODE_TAG}={config.mode} needs an upper limit"
            )
        )
    return found
