"""What was found out about a cause, by asking whoever can tell something (gathering.py asks)."""

from __future__ import annotations

import msgspec

from deploy_guard.causes import Signals
from deploy_guard.evidence.alarm_states import AlarmStates
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.evidence.unavailable import Unavailable


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found; None: not asked, because it could not tell anything."""

    logs: LogLines | Unavailable | None = None
    target_health: TargetHealth | Unavailable | None = None
    registry: Registry | Unavailable | None = None
    alarms: AlarmStates | Unavailable | None = None
    events: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[Unavailable, ...]:
        """The sources that gave no answer."""
        asked = (self.logs, self.target_health, self.registry, self.alarms)
        return tuple(one for one in asked if isinstance(one, Unavailable))

    @property
    def late(self) -> tuple[str, ...]:
        """The sources to ask again in a while: a log arrives late, what is throttled may answer."""
        named = {
            "logs": self.logs,
            "target_health": self.target_health,
            "registry": self.registry,
            "alarms": self.alarms,
        }
        return tuple(n for n, one in named.items() if isinstance(one, Unavailable) and one.later)

    def heard_with(self, signals: Signals) -> Signals:
        """The signals for a second diagnosis, with what the registry and the log said."""
        return msgspec.structs.replace(
            signals,
            image_exists=self.registry.exists if isinstance(self.registry, Registry) else None,
            log_lines=self.logs.lines if isinstance(self.logs, LogLines) else (),
        )
