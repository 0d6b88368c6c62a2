"""Account settings, as far as somebody reads them: the defaults that are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.model import Shape

# Developer guide, "Access Amazon ECS features with account settings": the defaults.
_DEFAULTS = {
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "containerInstanceLongArnFormat": "enabled",
    "defaultLogDriverMode": "non-blocking",
    "serviceLongArnFormat": "enabled",
    "tagResourceAuthorization": "on",
    "taskLongArnFormat": "enabled",
}


class AccountSettings:
    """Shows them; nobody has changed any."""

    def __init__(self) -> None:
        """The defaults."""
        self.operations: dict[str, Callable[[Request], Shape]] = {"ListAccountSettings": self._list}

    def _list(self, request: Request) -> Shape:
        if not request.params.get("effectiveSettings"):
            return {"settings": []}  # only what somebody has set
        asked = request.params.get("name")
        principal = request.caller.principal
        return {
            "settings": [
                {"name": name, "value": value, "principalArn": principal, "type": "user"}
                for name, value in _DEFAULTS.items()
                if asked in (None, name)
            ]
        }
