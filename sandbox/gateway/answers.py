"""Results and errors of a simulator as the HTTP responses that botocore's parsers expect."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.serialize import SerializationContext, get_serializer_class

from sandbox.errors import ApiError, SandboxError
from sandbox.gateway.calls import ApiCall, service_model
from sandbox.gateway.wire import WireResponse


class InvalidResult(SandboxError):
    """A simulator answered with something that the service's model does not have."""


def result(call: ApiCall, value: Mapping[str, Any]) -> WireResponse:
    """Serialise what a simulator returned; InvalidResult when the model has no such member."""
    request_id = str(uuid.uuid4())
    shape = call.model.output_shape
    if shape is not None:
        _check(value, shape, call.operation)
    if call.protocol == "json":
        body = json.dumps(value, default=_encode).encode()
        return WireResponse(200, _headers(_json_type(call), request_id), body)
    serializer = get_serializer_class(call.service, call.protocol)(
        call.model, SerializationContext(request_id)
    )
    answer = serializer.serialize(dict(value))
    text = answer["body"]
    body = text.encode() if isinstance(text, str) else text
    headers = {**answer["headers"], "x-amzn-requestid": request_id}
    return WireResponse(answer["status_code"], headers, body)


def error(call: ApiCall, problem: ApiError) -> WireResponse:
    """Serialise an API error."""
    request_id = str(uuid.uuid4())
    if call.protocol in ("json", "rest-json"):
        return _json_error(call, problem, request_id)
    code, message = escape(problem.code), escape(problem.message)
    fault = "Sender" if problem.status < 500 else "Receiver"
    detail = f"<Code>{code}</Code><Message>{message}</Message>"
    body = {
        "query": f"<ErrorResponse><Error><Type>{fault}</Type>{detail}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        "ec2": f"<Response><Errors><Error>{detail}</Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>",
        "rest-xml": f"<Error>{detail}<RequestId>{request_id}</RequestId></Error>",
    }[call.protocol]
    return WireResponse(problem.status, _headers("text/xml", request_id), body.encode())


def _json_error(call: ApiCall, problem: ApiError, request_id: str) -> WireResponse:
    headers = _headers(_json_type(call), request_id) | {"x-amzn-errortype": problem.code}
    if "awsQueryCompatible" in service_model(call.service).metadata:
        fault = "Sender" if problem.status < 500 else "Receiver"
        headers["x-amzn-query-error"] = f"{problem.code};{fault}"
    body = json.dumps(
        {"__type": problem.code, "message": problem.message} | problem.fields
    ).encode()
    return WireResponse(problem.status, headers, body)


def _json_type(call: ApiCall) -> str:
    version = service_model(call.service).metadata.get("jsonVersion")
    return f"application/x-amz-json-{version}" if version else "application/json"


def _headers(content_type: str, request_id: str) -> dict[str, str]:
    return {"content-type": content_type, "x-amzn-requestid": request_id}


def _check(value: Any, shape: Shape, path: str) -> None:
    """Fail on a misspelt member: botocore's parser would drop it, and the twin would seem to work."""
    if value is None:
        return
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        for name, member in value.items():
            if name not in shape.members:
                raise InvalidResult(f"{path} has no member {name!r} in {shape.name}")
            _check(member, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            _check(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            _check(item, shape.value, f"{path}[{key}]")


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        # Timestamps on the wire are milliseconds: what is finer is cut off, as AWS does.
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        whole = aware.replace(microsecond=0).timestamp()
        return whole + aware.microsecond // 1000 / 1000
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return float(value)
    raise InvalidResult(f"a result holds {value!r}, which has no place in JSON")
