"""Tasks that a rule or a schedule starts: through the same quotas and into the same trail as others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.caller import Caller
from sandbox.cloud_trail import CloudTrail, RecordedCall
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.ecs import EcsTwin
    from sandbox.events.delivery import Parcel
    from sandbox.gateway.throttling import Throttles


class ScheduledLaunches:
    """Calls RunTask as EventBridge and Scheduler do."""

    def __init__(
        self,
        clock: Clock,
        ecs: EcsTwin,
        throttles: Throttles | None,
        trail: CloudTrail,
        scope: tuple[str, str],
    ) -> None:
        """``scope`` is the account and the Region; without ``throttles`` there are no quotas."""
        self._clock = clock
        self._ecs = ecs
        self._throttles = throttles
        self._trail = trail
        self._scope = scope

    def run_task(self, params: dict[str, Any], parcel: Parcel) -> None:
        """Start tasks as the target's role; ApiError when the request is refused."""
        caller = Caller(parcel.target.get("RoleArn", parcel.service), *self._scope)
        now = self._clock.now()
        if self._throttles and not self._throttles.admit(
            self._scope, ("ecs", "RunTask"), params, now
        ):
            raise ApiError("ThrottlingException", "Rate exceeded")
        answer, problem = None, None
        try:
            answer = self._ecs.call("RunTask", params, caller)
        except ApiError as refused:
            problem = refused
            raise
        finally:
            call = RecordedCall("ecs", "RunTask", params, answer, problem, parcel.service)
            self._trail.record(call, caller)
