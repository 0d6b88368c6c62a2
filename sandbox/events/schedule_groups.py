"""The groups of EventBridge Scheduler.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.clock import Clock

Params = dict[str, Any]
DEFAULT_GROUP = "default"


class ScheduleGroups:
    """Creates, shows and deletes groups; the default one is always there."""

    operations = frozenset(
        {"CreateScheduleGroup", "GetScheduleGroup", "DeleteScheduleGroup", "ListScheduleGroups"}
    )

    def __init__(self, clock: Clock, scope: tuple[str, str]) -> None:
        """``scope`` is the account and the Region."""
        self._clock = clock
        self._account, self._region = scope
        self._created: dict[str, float] = {DEFAULT_GROUP: clock.now()}

    def get(self, name: str) -> str:
        """Expect a group."""
        if name not in self._created:
            message = f"Schedule group {name} does not exist."
            raise ApiError("ResourceNotFoundException", message, 404)
        return name

    def call(self, operation: str, params: Params) -> Params:
        """Answer one API call."""
        match operation:
            case "CreateScheduleGroup":
                return self._create(params["Name"])
            case "GetScheduleGroup":
                return self._shown(self.get(params["Name"]))
            case "DeleteScheduleGroup":
                return self._delete(params["Name"])
            case _:
                return {"ScheduleGroups": [self._shown(name) for name in self._created]}

    def _create(self, name: str) -> Params:
        if name in self._created:
            raise ApiError("ConflictException", f"Schedule group {name} already exists.", 409)
        self._created[name] = self._clock.now()
        return {"ScheduleGroupArn": self._arn(name)}

    def _delete(self, name: str) -> Params:
        if name == DEFAULT_GROUP:
            raise ApiError("ValidationException", "The default schedule group can't be deleted.")
        del self._created[self.get(name)]
        return {}

    def _shown(self, name: str) -> Params:
        created = datetime.fromtimestamp(self._created[name], UTC)
        return {
            "Name": name,
            "Arn": self._arn(name),
            "State": "ACTIVE",
            "CreationDate": created,
            "LastModificationDate": created,
        }

    def _arn(self, name: str) -> str:
        return f"arn:aws:scheduler:{self._region}:{self._account}:schedule-group/{name}"
