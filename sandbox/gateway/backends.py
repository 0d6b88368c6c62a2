"""Who answers a call: a simulator, or moto."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.model import StructureShape
from botocore.parsers import create_parser

from sandbox.caller import Caller
from sandbox.cloud_trail import SOURCES, RecordedCall
from sandbox.errors import ApiError
from sandbox.gateway import answers
from sandbox.gateway.calls import ApiCall
from sandbox.gateway.moto_account import MotoAccount
from sandbox.gateway.wire import WireResponse

_FIRST_ERROR_STATUS = 400


class Simulator(Protocol):
    """Answers the calls of one AWS service; see docs/sandbox.md.

    Two optional attributes: ``operations`` (a container of names) leaves every other operation to
    moto, and a true ``concurrent`` lets calls run side by side: the simulator then locks for itself.
    """

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes, or raise ApiError."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and its error if it is one."""

    response: WireResponse
    problem: ApiError | None = None


class Backends:
    """The simulators by service, and moto for everything else.

    Calls to simulators are serialised, so that a simulator need not care for threads; a call that a
    simulator makes itself (an event's delivery) is let in.
    """

    def __init__(self, simulators: Mapping[str, Simulator], moto: MotoAccount) -> None:
        """Ask ``simulators`` first."""
        self.simulators = dict(simulators)
        self._moto = moto
        self._lock = threading.RLock()
        self.trail: Callable[[RecordedCall, Caller], None] | None = None

    def simulates(self, call: ApiCall) -> bool:
        """Tell whether a simulator answers the call."""
        simulator = self.simulators.get(call.service)
        return simulator is not None and call.operation in getattr(
            simulator, "operations", (call.operation,)
        )

    def answer(self, call: ApiCall, caller: Caller) -> Answer:
        """Answer a call; UnsupportedOperation when nobody can."""
        if not self.simulates(call):
            return self._moto_answers(call, caller)
        simulator = self.simulators[call.service]
        alone = nullcontext() if getattr(simulator, "concurrent", False) else self._lock
        try:
            with alone:
                value = simulator.call(call.operation, call.parameters(), caller)
        except ApiError as problem:
            self._record(call, caller, None, problem)
            return Answer(answers.error(call, problem), problem)
        self._record(call, caller, value, None)
        return Answer(answers.result(call, value))

    def _moto_answers(self, call: ApiCall, caller: Caller) -> Answer:
        response = self._moto.answer(call)
        failed = response.status >= _FIRST_ERROR_STATUS
        problem = _problem(call, response) if failed else None
        if self.trail and call.service in SOURCES:
            answer = None if failed else _parsed(call, response)
            self._record(call, caller, answer, problem)
        return Answer(response, problem)

    def _record(
        self,
        call: ApiCall,
        caller: Caller,
        answer: Mapping[str, Any] | None,
        problem: ApiError | None,
    ) -> None:
        if self.trail and call.service in SOURCES:
            recorded = RecordedCall(
                call.service, call.operation, call.parameters(), answer, problem
            )
            self.trail(recorded, caller)


def _problem(call: ApiCall, response: WireResponse) -> ApiError:
    """Read the error that moto answered with, as botocore will."""
    found = _parsed(call, response).get("Error", {})
    code = found.get("Code", str(response.status))
    return ApiError(code, found.get("Message", ""), response.status)


def _parsed(call: ApiCall, response: WireResponse) -> dict[str, Any]:
    raw = {"status_code": response.status, "headers": response.headers, "body": response.body}
    shape = call.model.output_shape or StructureShape("Empty", {"type": "structure", "members": {}})
    parsed: dict[str, Any] = create_parser(call.protocol).parse(raw, shape)
    parsed.pop("ResponseMetadata", None)
    return parsed
