"""The ECS twin: what stands behind the ``ecs`` API, and how a test or game day plays AWS."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.caller import Caller, Request
from sandbox.ecs.account_settings import AccountSettings
from sandbox.ecs.app_logs import AppLogs
from sandbox.ecs.apps import App, Apps
from sandbox.ecs.capacity import FARGATE, FARGATE_SPOT, Capacity
from sandbox.ecs.capacity_providers import CapacityProviders
from sandbox.ecs.clusters import Clusters
from sandbox.ecs.deployment_parts import DeploymentParts
from sandbox.ecs.events import Events
from sandbox.ecs.ids import Ids
from sandbox.ecs.images import EveryImage, Images
from sandbox.ecs.instances import Instances
from sandbox.ecs.interruption import Interruption
from sandbox.ecs.launch_failures import LaunchFailure, LaunchFailures
from sandbox.ecs.launcher import Launcher
from sandbox.ecs.model import StopReason
from sandbox.ecs.network import Network
from sandbox.ecs.placement import Placement
from sandbox.ecs.protection import TaskProtection
from sandbox.ecs.registration import Registration
from sandbox.ecs.run_task import RunTask
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.service_deployments import ServiceDeployments
from sandbox.ecs.service_log import ServiceLog
from sandbox.ecs.services import Services
from sandbox.ecs.settings import EcsSettings
from sandbox.ecs.startup import ContainerRuntime, Startup
from sandbox.ecs.state import State
from sandbox.ecs.steps import Steps
from sandbox.ecs.stopping import Stopping
from sandbox.ecs.tagging import Tagging
from sandbox.ecs.task_definitions import TaskDefinitions
from sandbox.ecs.task_set_scaling import TaskSetScaling
from sandbox.ecs.task_sets import TaskSets
from sandbox.ecs.tasks import Tasks
from sandbox.ecs.templates import Templates
from sandbox.elb.agenda import Agenda
from sandbox.errors import UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.clock import Clock
    from sandbox.ecs.app_logs import LogStore
    from sandbox.ecs.deployment_alarms import AlarmStates
    from sandbox.ecs.discovery import Registry as CloudMapRegistry
    from sandbox.ecs.hooks import InvokeHook
    from sandbox.ecs.images import Registry
    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.model import Task
    from sandbox.ecs.service_model import Service
    from sandbox.elb import TargetGroups


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """Tasks of a service: wanted; meant to run; of these RUNNING; on on-demand capacity, stopping or not."""

    desired: int
    meant: int
    serving: int
    on_demand: int


class EcsTwin:
    """Answers ``ecs`` calls and lets tasks live and die in the account's time."""

    def __init__(
        self,
        clock: Clock,
        emit: Callable[[dict[str, Any]], None],
        rng: random.Random,
        targets: TargetGroups,
        settings: EcsSettings | None = None,
    ) -> None:
        """``emit`` puts an event on the default bus."""
        self.capacity = Capacity()
        self.network = Network()
        self._agenda = Agenda(clock, targets.agenda.lock)
        self._settings = settings or EcsSettings()
        self._state, self._apps, self._ids = State(), Apps(), Ids(rng)
        self.launch_failures = LaunchFailures(random.Random(rng.getrandbits(64)))
        self._events = Events(self._agenda, emit)
        self._log = ServiceLog(self._agenda, self._ids)
        self._app_logs = AppLogs(self._agenda, self._settings)
        self._images = Images(EveryImage())
        self._registration = Registration(targets)
        self._templates = Templates(self._state, targets)
        self._steps = Steps(self._agenda, self._settings, rng, self._events, self._changed)
        self._stopping = Stopping(
            self._steps,
            self._settings,
            self.network,
            self._registration,
            self._app_logs,
            self._gone,
        )
        self._interruption = Interruption(
            self._steps, self._settings, self._registration, self._stopping
        )
        self._placement = self._build_placement()
        self._deployments = DeploymentParts.build(
            self._agenda,
            self._settings,
            self._ids,
            events=self._events,
            log=self._log,
            images=self._images,
        )
        self._rollouts = self._deployments.rollouts
        self._scheduler = self._build_scheduler()
        self._rollouts.again = self._scheduler.soon
        self.instances = Instances(self._agenda, self._state, self._ids, self._events)
        self._placement.placed_on = self.instances.resources_changed
        self.instances.changed = self._scheduler.instances_changed
        self._operations = self._build_operations()
        self._before: dict[str, list[Callable[[], None]]] = {}
        targets.watch(self._scheduler.target_changed)

    def connect(
        self,
        *,
        registry: Registry | None = None,
        logs: LogStore | None = None,
        alarms: AlarmStates | None = None,
        invoke: InvokeHook | None = None,
        cloud_map: CloudMapRegistry | None = None,
    ) -> None:
        """Let ECS use other services of the account."""
        self._images.registry = registry or self._images.registry
        self._app_logs.store = logs or self._app_logs.store
        self._registration.discovery.registry = cloud_map
        parts = self._deployments
        parts.alarms.states = alarms or parts.alarms.states
        parts.hooks.invoke = invoke or parts.hooks.invoke

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes."""
        answer = self._operations.get(operation)
        if answer is None:
            raise UnsupportedOperation(f"the sandbox does not simulate ecs:{operation}")
        with self._agenda.lock:
            for action in self._before.pop(operation, []):
                action()
            return copy.deepcopy(answer(Request(copy.deepcopy(params), caller)))

    def just_before(self, operation: str, action: Callable[[], None]) -> None:
        """Let something happen in the moment before the next call of ``operation`` takes effect."""
        self._before.setdefault(operation, []).append(action)

    def succeed(self, service: str) -> None:
        """Let the current deployment of a service (name or ARN) complete at this very moment."""
        with self._agenda.lock:
            for each in self._state.services.values():
                if service in {each.arn, each.name}:
                    self._rollouts.complete_now(each)

    def tagged_services(self) -> dict[str, dict[str, str]]:
        """The tags of every service by ARN, deleted ones included as long as they are remembered."""
        with self._agenda.lock:
            return {arn: dict(each.tags) for arn, each in self._state.services.items()}

    def interrupt(
        self,
        task_arns: Iterable[str] | None = None,
        *,
        service: str | None = None,
        availability_zone: str | None = None,
    ) -> list[str]:
        """Take Spot capacity back from the named tasks, or those of a service, or of a zone.

        Answers the ARNs of the tasks that were interrupted: running on FARGATE_SPOT.
        """
        named = None if task_arns is None else set(task_arns)

        def meant(task: Task) -> bool:
            return (
                (named is None or task.arn in named)
                and (service is None or service in _names(task))
                and (availability_zone is None or task.availability_zone == availability_zone)
            )

        with self._agenda.lock:
            tasks = [task for each in self._state.tasks.values() for task in each.values()]
            return [t.arn for t in tasks if meant(t) and self._interruption.interrupt(t)]

    def instance_lost(self, ec2_instance_id: str, *, stopped: bool = False) -> None:
        """The machine of a container instance is gone, with everything on it.

        A stopped one keeps its place in the cluster, and its status.
        """
        how = "stopped" if stopped else "terminated"
        reason = StopReason("TerminationNotice", f"Host EC2 (instance {ec2_instance_id}) {how}.")
        with self._agenda.lock:
            for instance in self._registered(ec2_instance_id):
                for task in list(instance.tasks.values()):
                    self._stopping.die(task, reason)
                instance.agent_connected = False
                if stopped:
                    self.instances.touch(instance)
                else:
                    self.instances.become(instance, "INACTIVE")

    def instance_returned(self, ec2_instance_id: str) -> None:
        """A stopped machine runs again: its agent takes tasks as the container instance it was."""
        with self._agenda.lock:
            for instance in self._registered(ec2_instance_id):
                instance.agent_connected, instance.status = True, "ACTIVE"
                self.instances.touch(instance)

    def drain_instance(self, ec2_instance_id: str) -> None:
        """The agent, or managed draining, sets the container instance to DRAINING."""
        with self._agenda.lock:
            for instance in self._registered(ec2_instance_id):
                self.instances.become(instance, "DRAINING")

    def _registered(self, ec2_instance_id: str) -> list[ContainerInstance]:
        known = self._state.instances.values()
        return [i for i in known if i.ec2_instance_id == ec2_instance_id and i.status != "INACTIVE"]

    def spot_capacity(self, tasks: int | None, *, availability_zone: str | None = None) -> None:
        """Offer Spot capacity for so many tasks (None: without limit), in one zone or in each."""
        with self._agenda.lock:
            self.capacity.limit(FARGATE_SPOT, tasks, availability_zone)

    def on_demand_capacity(self, tasks: int | None) -> None:
        """Offer On-Demand capacity for so many tasks in each zone (None: without limit)."""
        with self._agenda.lock:
            self.capacity.limit(FARGATE, tasks)

    def fail_launches(self, failure: LaunchFailure) -> None:
        """Let RunTask answer with a failure from now on, where it would start a task."""
        with self._agenda.lock:
            self.launch_failures.plan(failure)

    def service_counts(self) -> dict[str, ServiceCounts]:
        """By the name of the service."""
        with self._agenda.lock:
            return {service.name: _counts(service) for service in self._state.services.values()}

    def behave(self, task_definition: str, *apps: App) -> None:
        """Decide how tasks of ``family`` or ``family:revision`` behave that start from now on.

        With several, one task after the other takes the next; the last is for all that follow.
        """
        self._apps.behave(task_definition, *apps)

    def _changed(self, task: Task) -> None:
        self._scheduler.task_changed(task)

    def _gone(self, task: Task) -> None:
        if task.instance is None:
            self.capacity.give_back(task)
        elif task.instance.agent_connected:
            self.instances.resources_changed(task.instance)

        def forget() -> None:
            del self._state.tasks[task.cluster_arn][task.arn]

        retention = self._settings.stopped_task_retention_s
        self._agenda.later(retention, forget, f"forget {task.id}")

    def _build_placement(self) -> Placement:
        startup = Startup(
            self._steps,
            self._settings,
            self.network,
            self._registration,
            self._stopping,
            ContainerRuntime(self._ids, self._images, self._app_logs),
        )
        return Placement(self._state, self.capacity, self.network, self._apps, startup, self._ids)

    def _build_scheduler(self) -> Scheduler:
        launcher = Launcher(
            self._agenda,
            self._settings,
            self._placement,
            self._stopping,
            self._events,
            self._log,
        )
        return Scheduler(
            self._agenda,
            self._settings,
            self._state,
            events=self._events,
            log=self._log,
            launcher=launcher,
            rollouts=self._rollouts,
            task_sets=TaskSetScaling(self._agenda, launcher, self._events),
            registration=self._registration,
        )

    def _build_operations(self) -> dict[str, Callable[[Request], dict[str, Any]]]:
        agenda, state, templates = self._agenda, self._state, self._templates
        scheduler = self._scheduler
        task_sets = TaskSets(agenda, state, templates, scheduler, self._ids)
        services = Services(agenda, state, templates, self._rollouts, scheduler, task_sets)
        return {
            **AccountSettings().operations,
            **Clusters(state).operations,
            **CapacityProviders(state).operations,
            **self.instances.operations,
            **TaskDefinitions(agenda, state).operations,
            **services.operations,
            **ServiceDeployments(agenda, state, scheduler, self._deployments.hooks).operations,
            **self._deployments.revisions.operations,
            **task_sets.operations,
            "RunTask": RunTask(
                agenda,
                state,
                templates,
                self._placement,
                self.launch_failures,
                self._settings.provisioning_tasks,
            ),
            **Tasks(state, self._stopping).operations,
            **TaskProtection(agenda, state, scheduler.soon).operations,
            **Tagging(state).operations,
        }


def _counts(service: Service) -> ServiceCounts:
    tasks = list(service.tasks.values())
    meant = [task for task in tasks if task.wanted]
    return ServiceCounts(
        service.desired_count,
        len(meant),
        sum(task.last_status == "RUNNING" for task in meant),
        sum(t.capacity_provider != FARGATE_SPOT and t.last_status != "STOPPED" for t in tasks),
    )


def _names(task: Task) -> set[str]:
    return {task.service_arn or "", task.group.removeprefix("service:")}
