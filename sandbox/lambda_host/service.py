"""The Lambda API of the account: the functions, and who invokes them how."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.events.delivery import DeliveryFailed, Parcel, request_for
from sandbox.events.resource_policy import allows
from sandbox.events.senders import no_permission, no_resource
from sandbox.lambda_host.function import AsyncPolicy, DeployedFunction
from sandbox.lambda_host.invocation import FunctionHost, Invocation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.caller import Caller
    from sandbox.clock import Clock
    from sandbox.lambda_host.event_source_mapping import EventSourceMapping
    from sandbox.trace import Trace

Params = dict[str, Any]

# The async payload limit is 1 MB since 2026-01-29 (AWS announcement); synchronous 6 MB.
ASYNC_BYTES = 1_048_576
SYNC_BYTES = 6_291_456


class Functions:
    """A simulator for botocore's service ``lambda``."""

    # Handlers call AWS while they run, perhaps another function: locks are held elsewhere.
    concurrent = True

    def __init__(self, clock: Clock, trace: Trace, rng: random.Random) -> None:
        """Start without functions; ``host_of`` tells how each of them is run."""
        self._clock = clock
        self._trace = trace
        self._rng = rng
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._known: dict[str, DeployedFunction] = {}
        self._hosts: dict[str, FunctionHost] = {}
        self.policies: dict[str, Params] = {}
        self.async_policies: dict[str, AsyncPolicy] = {}
        self.mappings: list[EventSourceMapping] = []
        self.invoke_later: Callable[[DeployedFunction, AsyncPolicy, Params], None] | None = None

    def add(self, function: DeployedFunction, host: FunctionHost) -> None:
        """Make a function known."""
        self._known[function.name] = function
        self._hosts[function.name] = host
        self.policies[function.name] = {"Version": "2012-10-17", "Statement": []}
        self.async_policies[function.name] = AsyncPolicy(dead_letter=function.dead_letter)

    def get(self, name_or_arn: str) -> DeployedFunction:
        """Find a function by name, ARN or partial ARN."""
        name = name_or_arn.partition(":function:")[2] or name_or_arn
        function = self._known.get(name.partition(":")[0])
        if function is None:
            raise ApiError("ResourceNotFoundException", f"Function not found: {name_or_arn}", 404)
        return function

    def invoke(self, name: str, payload: Any) -> Invocation:
        """Run a function and wait; a throttled invocation does not run."""
        function = self.get(name)
        if not self._enter(function):
            return self._throttled(function)
        try:
            return self._hosts[function.name].invoke(function, payload)
        finally:
            with self._lock:
                self._running[function.name] -= 1

    def invoke_async(self, name: str, payload: Any) -> None:
        """Queue an invocation (InvocationType Event)."""
        function = self.get(name)
        if self.invoke_later is None:
            raise UnsupportedOperation("asynchronous invocation is not set up")
        self.invoke_later(function, self.async_policies[function.name], payload)

    def receive(self, parcel: Parcel) -> None:
        """Take an event from EventBridge, Scheduler or SNS: an asynchronous invocation."""
        try:
            function = self.get(parcel.arn)
        except ApiError:
            raise no_resource(parcel) from None
        request = request_for(parcel, "lambda:InvokeFunction", function.arn)
        if "RoleArn" not in parcel.target and not allows(self.policies[function.name], request):
            raise no_permission(parcel)
        if len(parcel.body.encode()) > ASYNC_BYTES:
            raise DeliveryFailed("REQUEST_TOO_LARGE", "The payload is too large", retriable=False)
        self.invoke_async(function.name, json.loads(parcel.body))

    def call(self, operation: str, params: Params, caller: Caller) -> Params:
        """Answer one API call."""
        del caller
        match operation:
            case "Invoke":
                return self._invoke_api(params)
            case "GetFunctionConfiguration":
                return self.get(params["FunctionName"]).configuration()
            case "GetFunction":
                configuration = self.get(params["FunctionName"]).configuration()
                return {"Configuration": configuration, "Tags": {}}
            case "ListFunctions":
                return {
                    "Functions": [function.configuration() for function in self._known.values()]
                }
            case "ListEventSourceMappings":
                return {"EventSourceMappings": [mapping.describe() for mapping in self.mappings]}
            case "GetPolicy":
                return {"Policy": json.dumps(self.policies[self.get(params["FunctionName"]).name])}
            case _:
                raise UnsupportedOperation(f"the sandbox does not simulate lambda:{operation}")

    def _invoke_api(self, params: Params) -> Params:
        raw = params.get("Payload") or b"{}"
        text = raw.decode() if isinstance(raw, bytes) else str(raw)
        kind = params.get("InvocationType", "RequestResponse")
        limit = ASYNC_BYTES if kind == "Event" else SYNC_BYTES
        if len(text.encode()) > limit:
            message = f"{len(text)} byte payload is too large for the {kind} invocation type"
            raise ApiError("RequestTooLargeException", message, 413)
        if kind == "Event":
            self.invoke_async(params["FunctionName"], json.loads(text))
            return {"StatusCode": 202}
        invocation = self.invoke(params["FunctionName"], json.loads(text))
        if invocation.throttled:
            raise ApiError("TooManyRequestsException", "Rate Exceeded.", 429)
        answer: Params = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        if invocation.error:
            answer["FunctionError"] = "Unhandled"
        answer["Payload"] = json.dumps(invocation.error or invocation.result).encode()
        return answer

    def _enter(self, function: DeployedFunction) -> bool:
        with self._lock:
            limit = function.reserved_concurrency
            if limit is not None and self._running[function.name] >= limit:
                return False
            self._running[function.name] += 1
            return True

    def _throttled(self, function: DeployedFunction) -> Invocation:
        request_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        error = {"errorType": "TooManyRequestsException", "errorMessage": "Rate Exceeded."}
        now = self._clock.now()
        self._trace.add(
            "invocation", function=function.name, request_id=request_id, throttled=True, error=error
        )
        return Invocation(function.name, request_id, error=error, started=now, throttled=True)
