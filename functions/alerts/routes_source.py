"""The routes in force: one document in a parameter, read with a cache, never replaced by a bad one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.incident import key_digest, self_report
from alerts.incident_store import IncidentStore
from alerts.routing import Routes
from ecsops.alerts import Alert, Lines, NextStep
from ecsops.errors import CALL_ERRORS, InvalidSetting
from ecsops.observability import count, logger

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_FRESH_S = 60
_NOTHING_SAID = re.compile(r"(?:\s|#[^\n]*(?:\n|\Z))*(?:\{\s*\}\s*)?")


@dataclass(slots=True)
class RoutesSource:
    """Reads the parameter. What it has to say about a bad document is itself an alert."""

    connect: Callable[[], SSMClient]
    parameter: str
    store: IncidentStore
    routes: Routes | None = None
    _text: str | None = None
    _read_at: float = float("-inf")
    _bad: str | None = None
    _news: list[Alert] = field(default_factory=list)

    def current(self, now: float) -> Routes:
        """The routes in force; whatever goes wrong, there always are some."""
        if self.routes is None or now - self._read_at >= _FRESH_S:
            self._read_at = now
            try:
                self._refresh(now)
            except CALL_ERRORS as error:
                count("RoutesNotRead")
                logger.exception("routes not read", parameter=self.parameter, reason=str(error))
                if self.routes is None:
                    self.routes = self._last_good()
                    # Not for a whole minute: the parameter may be there again at once.
                    self._read_at = float("-inf")
        return self.routes or Routes()

    def news(self) -> list[Alert]:
        """What people should know about the document, once."""
        news, self._news = self._news, []
        return news

    def _refresh(self, now: float) -> None:
        ssm = self.connect()
        answer = ssm.get_parameter(Name=self.parameter)
        text = answer["Parameter"].get("Value", "")
        if text == self._bad or (text == self._text and self._bad is None):
            return
        try:
            routes = understood(text)
        except InvalidSetting as error:
            count("RoutesInvalid")
            logger.error("routes document refused", parameter=self.parameter, reason=str(error))
            self._bad = text
            self.routes = self.routes or self._last_good()
            self._news.append(_refusal(self.parameter, text, str(error), now))
            return
        if self._bad is not None:
            self._news.append(_mended(self.parameter, self._bad, now))
        self.routes, self._text, self._bad = routes, text, None
        if routes != Routes():
            self.store.keep_routes(text, now)

    def _last_good(self) -> Routes:
        try:
            text = self.store.last_good_routes()
            return Routes() if text is None else understood(text)
        except (*CALL_ERRORS, InvalidSetting) as error:
            logger.exception("no routes that were good before", reason=str(error))
            return Routes()


def understood(text: str) -> Routes:
    """Read a document. One that says nothing costs nothing: YAML is not even loaded."""
    if _NOTHING_SAID.fullmatch(text):
        return Routes()
    from alerts.routes_document import parse_routes

    return parse_routes(text)


def _refusal(parameter: str, text: str, problem: str, now: float) -> Alert:
    return Alert(
        incident=f"alerts/routes/{key_digest(text)}",
        stage="refused",
        severity="warning",
        state="open",
        at=now,
        capability="alerts",
        title=f"Routes document not understood: {problem}",
        summary=(
            f"The routes document in {parameter} has an error. The last good one stays in force, "
            "so alerts still arrive, by its routes."
        ),
        evidence=(Lines("Problem", (problem,)),),
        next_steps=(
            NextStep(
                "Mend the document, check it, and put it back:",
                command="ecs-ops alerts check-routes routes.yaml && aws ssm put-parameter "
                f"--name {parameter} --type String --overwrite --value file://routes.yaml",
            ),
        ),
    )


def _mended(parameter: str, bad: str, now: float) -> Alert:
    return self_report(
        f"alerts/routes/{key_digest(bad)}",
        "mended",
        "Routes document understood again",
        f"The routes document in {parameter} is in force.",
        now,
    )
