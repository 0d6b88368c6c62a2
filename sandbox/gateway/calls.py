"""Which API call a request is: service, operation, Region, caller's key, parameters.

The routing and the parsing of the AWS protocols are moto's, over botocore's own service models: they
pass the Smithy protocol compliance tests.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.exceptions import HTTPException

from sandbox.errors import UnsupportedOperation
from sandbox.gateway.wire import WireRequest

# Where the name in the signature is not botocore's name of the service.
_SERVICE_OF_SIGNING_NAME = {
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "states": "stepfunctions",
}
_ELB_CLASSIC_API_VERSION = "2012-06-01"
_APPCONFIG_DATA_PATHS = ("/configuration",)
_models_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of an AWS API as the door understands it."""

    service: str
    operation: str
    region: str
    access_key: str
    protocol: str
    request: WireRequest
    path_parameters: dict[str, Any]

    @property
    def model(self) -> OperationModel:
        """The operation in botocore's description of the service."""
        return service_model(self.service).operation_model(self.operation)

    def parameters(self) -> dict[str, Any]:
        """Parse the request into botocore's shapes; datetimes are aware, in UTC."""
        parser = PROTOCOL_PARSERS[self.protocol](self.model, timestamp_parser=_aware_utc)
        parts = urlsplit(self.request.url)
        parsed: dict[str, Any] = parser.parse(
            {
                "method": self.request.method,
                "values": MultiDict([*_form(self.request), *parse_qsl(parts.query, True)]),
                "headers": Headers(list(self.request.headers.items())),
                "body": self.request.body,
                "url_path": parts.path,
                "url_params": self.path_parameters,
            }
        )
        return parsed


def identify(request: WireRequest, default_region: str) -> ApiCall:
    """Find out which call a request is; UnsupportedOperation when nobody can know."""
    scope = request.scope()
    service = _service(request, scope.signing_name if scope else "")
    protocol, operation, path_parameters = _route(request, service)
    return ApiCall(
        service=service,
        operation=operation,
        region=scope.region if scope else default_region,
        access_key=scope.access_key if scope else "",
        protocol=protocol,
        request=request,
        path_parameters=path_parameters,
    )


@functools.cache
def _load(service: str) -> ServiceModel:
    model: ServiceModel = get_service_model(service)
    return model


def service_model(service: str) -> ServiceModel:
    """The model of a service, loaded once."""
    with _models_lock:
        try:
            return _load(service)
        except UnknownServiceError:
            raise UnsupportedOperation(
                f"{service!r} is not an AWS service that botocore knows"
            ) from None


def _service(request: WireRequest, signing_name: str) -> str:
    name = signing_name or _service_of_host(request.url)
    if name == "elasticloadbalancing":
        version = dict(_form(request)).get("Version")
        return "elb" if version == _ELB_CLASSIC_API_VERSION else "elbv2"
    if name == "appconfig" and request.path.startswith(_APPCONFIG_DATA_PATHS):
        return "appconfigdata"
    return _SERVICE_OF_SIGNING_NAME.get(name, name)


def _service_of_host(url: str) -> str:
    host = urlsplit(url).hostname or ""
    if not host.endswith(".amazonaws.com"):
        raise UnsupportedOperation(f"an unsigned request to {host!r} is no AWS call")
    return host.split(".", 1)[0]


def _route(request: WireRequest, service: str) -> tuple[str, str, dict[str, Any]]:
    model = service_model(service)
    target = request.headers.get("x-amz-target")
    if target:
        return "json", _known(model, target.rsplit(".", 1)[-1]), {}
    if "smithy-protocol" in request.headers:
        raise UnsupportedOperation(f"{service}: the sandbox does not speak Smithy RPC v2 CBOR")
    action = dict(_form(request)).get("Action")
    if action:
        protocol = "ec2" if model.protocol == "ec2" else "query"
        return protocol, _known(model, action), {}
    return _route_rest(request, service, model)


def _route_rest(
    request: WireRequest, service: str, model: ServiceModel
) -> tuple[str, str, dict[str, Any]]:
    http = Request.from_primitives(request.method, request.url, dict(request.headers), request.body)
    try:
        operation, path_parameters = get_service_router(service).match(http)
    # The router of werkzeug and moto says so of what it has no route for.
    except (HTTPException, NotImplementedError):
        raise UnsupportedOperation(
            f"{service}: no operation is {request.method} {request.path}"
        ) from None
    return str(model.protocol), str(operation.name), path_parameters


def _known(model: ServiceModel, operation: str) -> str:
    try:
        model.operation_model(operation)
    except OperationNotFoundError:
        raise UnsupportedOperation(f"{model.service_name} has no operation {operation}") from None
    return operation


def _form(request: WireRequest) -> list[tuple[str, str]]:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return parse_qsl(request.body.decode(), keep_blank_values=True)
    if request.method == "GET":
        return parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    return []


def _aware_utc(value: Any) -> datetime:
    return parse_timestamp(value).astimezone(UTC)
