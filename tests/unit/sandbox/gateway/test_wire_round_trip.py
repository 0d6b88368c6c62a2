from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.config import Config
from botocore.parsers import create_parser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import ApiError
from sandbox.gateway import answers
from sandbox.gateway.botocore_hook import _wire_request
from sandbox.gateway.calls import ApiCall, identify, service_model
from sandbox.gateway.wire import WireRequest

session = botocore.session.get_session()
session.set_credentials("AKIASPOTDRAIN0000000", "secret")
unvalidated = Config(parameter_validation=False)
clients = {
    name: session.create_client(name, region_name="eu-west-1", config=unvalidated)
    for name in ("ecs", "elbv2")
}
BEGIN, END = (datetime.fromisoformat(day) for day in ("2015-01-01", "2040-01-01"))
texts = st.text(
    alphabet=st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=12,
)
moments = st.datetimes(
    BEGIN,
    END,
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**53), 2**53),
    "double": st.floats(-1e9, 1e9),
    "float": st.floats(-1e9, 1e9, width=32),
    "timestamp": moments,
    "blob": st.binary(max_size=20),
}


def values(shape: Any, depth: int = 0, *, hollow: bool = True) -> st.SearchStrategy[Any]:
    """Random values of a shape of botocore's model; members may be missing, lists empty.

    Not ``hollow``: no empty structures and maps, which the query protocol cannot express.
    """
    if shape.type_name == "structure":
        members = {
            name: values(member, depth + 1, hollow=hollow)
            for name, member in shape.members.items()
            if depth < 4 or member.type_name not in ("structure", "list", "map")
        }
        required = {name: members[name] for name in shape.required_members if name in members}
        optional = {name: value for name, value in members.items() if name not in required}
        some = st.fixed_dictionaries(required, optional=optional)
        return some if hollow or depth == 0 else some.filter(bool)
    if shape.type_name == "list":
        return st.lists(values(shape.member, depth + 1, hollow=hollow), max_size=2)
    if shape.type_name == "map":
        return st.dictionaries(
            texts,
            values(shape.value, depth + 1, hollow=hollow),
            min_size=0 if hollow else 1,
            max_size=2,
        )
    if shape.type_name == "string":
        return st.sampled_from(shape.enum) if shape.enum else texts
    return SCALARS[shape.type_name]


def call(service: str, operation: str) -> ApiCall:
    protocol = {"ecs": "json", "elbv2": "query"}[service]
    return ApiCall(service, operation, "eu-west-1", "", protocol, WireRequest("POST", "/"), {})


def received(one: ApiCall, value: dict[str, Any]) -> dict[str, Any]:
    response = answers.result(one, value)
    parsed: dict[str, Any] = create_parser(one.protocol).parse(
        {"status_code": response.status, "headers": response.headers, "body": response.body},
        one.model.output_shape,  # type: ignore[arg-type]
    )
    assert parsed.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    return parsed


RESULTS = [
    ("ecs", "DescribeServices"),
    ("ecs", "DescribeTasks"),
    ("ecs", "RunTask"),
    ("ecs", "DescribeTaskDefinition"),
    ("ecs", "DescribeServiceDeployments"),
    ("ecs", "ListTasks"),
    ("elbv2", "DescribeTargetHealth"),
    ("elbv2", "DescribeTargetGroups"),
    ("elbv2", "DescribeLoadBalancers"),
]
slow_ok = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize(("service", "operation"), RESULTS)
@slow_ok
@given(data=st.data())
def test_a_result_arrives_as_it_was_sent(service: str, operation: str, data: st.DataObject) -> None:
    one = call(service, operation)
    sent = data.draw(values(one.model.output_shape, hollow=service == "ecs"))
    assert received(one, sent) == sent


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ecs", "DescribeServices"),
        ("ecs", "RunTask"),
        ("ecs", "RegisterTaskDefinition"),
        ("ecs", "UpdateService"),
        ("ecs", "SubmitTaskStateChange"),
        ("elbv2", "DeregisterTargets"),
        ("elbv2", "ModifyTargetGroupAttributes"),
        ("elbv2", "CreateRule"),
    ],
)
@slow_ok
@given(data=st.data())
def test_parameters_arrive_as_the_client_sent_them(
    service: str, operation: str, data: st.DataObject
) -> None:
    shape: Any = service_model(service).operation_model(operation).input_shape
    sent = data.draw(values(shape, hollow=service == "ecs"))
    request = signed(service, operation, sent)
    one = identify(request, "us-east-1")
    assert (one.service, one.operation, one.region) == (service, operation, "eu-west-1")
    assert one.access_key == "AKIASPOTDRAIN0000000"
    assert one.parameters() == sent


def signed(service: str, operation: str, parameters: dict[str, Any]) -> WireRequest:
    """What botocore would send, without its validation of lengths and required members."""
    client = clients[service]
    model = client.meta.service_model.operation_model(operation)
    request = client._serializer.serialize_to_request(parameters, model)
    prepare_request_dict(request, endpoint_url=client.meta.endpoint_url, context={})
    request["context"] |= {"client_region": "eu-west-1", "client_config": client.meta.config}
    return _wire_request(client._endpoint.create_request(request, model))


@settings(deadline=None)
@pytest.mark.parametrize("protocol", ["json", "query", "rest-json", "rest-xml", "ec2"])
@given(message=texts, status=st.sampled_from([400, 403, 404, 409, 500, 503]))
def test_an_error_arrives_with_code_message_and_status(
    protocol: str, message: str, status: int
) -> None:
    service = {"json": "ecs", "query": "elbv2", "rest-json": "scheduler", "rest-xml": "s3"}
    name = service.get(protocol, "ec2")
    operation = service_model(name).operation_names[0]
    one = ApiCall(name, operation, "eu-west-1", "", protocol, WireRequest("POST", "/"), {})
    response = answers.error(one, ApiError("SomeException", message, status))
    parsed = create_parser(protocol).parse(
        {"status_code": response.status, "headers": response.headers, "body": response.body},
        one.model.output_shape or one.model.input_shape,  # type: ignore[arg-type]
    )
    assert parsed["Error"]["Code"] == "SomeException"
    assert parsed["Error"]["Message"] == message
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status


def test_members_without_a_value_are_missing_on_the_other_side() -> None:
    one = call("ecs", "DescribeServices")
    assert received(one, {"services": [{"serviceName": "web", "roleArn": None}]}) == {
        "services": [{"serviceName": "web"}]
    }
    group = {"TargetGroupName": "web", "Port": None, "LoadBalancerArns": []}
    assert received(call("elbv2", "DescribeTargetGroups"), {"TargetGroups": [group]}) == {
        "TargetGroups": [{"TargetGroupName": "web", "LoadBalancerArns": []}]
    }


@settings(deadline=None)
@given(moment=st.datetimes(BEGIN, END, timezones=st.just(UTC)))
def test_timestamps_lose_what_is_finer_than_a_millisecond(moment: datetime) -> None:
    sent = {"services": [{"createdAt": moment}]}
    seen = received(call("ecs", "DescribeServices"), sent)["services"][0]["createdAt"]
    assert seen == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert moment - seen < timedelta(milliseconds=1)


def test_a_presigned_url_names_its_signer() -> None:
    credential = "AKIASPOTDRAIN0000000%2F20260302%2Feu-west-1%2Fs3%2Faws4_request"
    url = f"https://b.s3.amazonaws.com/k?X-Amz-Credential={credential}"
    scope = WireRequest("GET", url).scope()
    assert scope is not None
    assert (scope.access_key, scope.region, scope.signing_name) == (
        "AKIASPOTDRAIN0000000",
        "eu-west-1",
        "s3",
    )
    assert WireRequest("GET", f"https://{string.ascii_lowercase}.amazonaws.com/").scope() is None
