"""CloudWatch alarms that fail a deployment.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.ecs.model import Shape
    from sandbox.ecs.service_model import Service, ServiceDeployment
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda

# The state of each alarm that exists, by name.
AlarmStates = Callable[[Iterable[str]], Mapping[str, str]]


def _no_alarms(names: Iterable[str]) -> Mapping[str, str]:
    del names
    return {}


class DeploymentAlarms:
    """Asks for the alarms of a deployment again and again."""

    def __init__(self, agenda: Agenda, settings: EcsSettings) -> None:
        """``states`` tells the states of alarms; nobody has any until somebody sets it."""
        self._agenda = agenda
        self._settings = settings
        self.states: AlarmStates = _no_alarms

    def begin(
        self, service: Service, history: ServiceDeployment, failed: Callable[[Service], None]
    ) -> None:
        """Watch the alarms of a deployment; one that is in ALARM already switches all of them off.

        So that a deployment can be what ends the alarm.
        """
        alarms = alarms_of(history.configuration)
        names = tuple(alarms.get("alarmNames", ()))
        if alarms.get("enable") and not self._in_alarm(names):
            history.watched_alarms = names
            self._later(service, history, failed)

    def _later(
        self, service: Service, history: ServiceDeployment, failed: Callable[[Service], None]
    ) -> None:
        def look() -> None:
            if not history.ongoing or history.rolling_back or history is not service.current:
                return
            history.triggered_alarms = self._in_alarm(history.watched_alarms)
            if history.triggered_alarms:
                failed(service)
            else:
                self._later(service, history, failed)

        if history.watched_alarms:
            self._agenda.later(self._settings.alarm_poll_s, look, f"alarms of {service.name}")

    def _in_alarm(self, names: tuple[str, ...]) -> tuple[str, ...]:
        states = self.states(names)
        return tuple(name for name in names if states.get(name) == "ALARM")


def alarms_of(configuration: Shape) -> Shape:
    """Read the alarms from a deploymentConfiguration."""
    alarms: Shape = configuration.get("alarms", {})
    return alarms


def alarms_shape(history: ServiceDeployment) -> Shape:
    """Describe the alarms of a service deployment."""
    if not history.watched_alarms:
        return {"status": "DISABLED"}
    status = "MONITORING" if history.ongoing else "MONITORING_COMPLETE"
    return {
        "status": "TRIGGERED" if history.triggered_alarms else status,
        "alarmNames": list(history.watched_alarms),
        "triggeredAlarmNames": list(history.triggered_alarms),
    }
