"""A client with slimmed data does what a client with all of botocore's data does."""

import shutil
from functools import cache
from pathlib import Path

import botocore
import botocore.session
import pytest
from botocore.loaders import Loader

from build_tools import botocore_data, needs

DATA = Path(botocore.__file__).parent / "data"
USED = sorted(needs.services(Path(__file__).parents[3] / "functions"))
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-5", "us-gov-west-1", "cn-north-1")


@pytest.fixture(scope="session")
def slimmed(tmp_path_factory):
    """Botocore's data as the artefact has it, plus one service that nobody uses."""
    folder = tmp_path_factory.mktemp("data")
    for name in (*USED, "xray"):
        shutil.copytree(DATA / name, folder / name)
    for path in DATA.glob("*.json"):
        shutil.copy(path, folder)
    botocore_data.slim(folder, set(USED))
    return folder


class SlimmedLoader(Loader):
    """Reads one folder, which passes for botocore's own, as it is in the artefact."""

    def is_builtin_path(self, path):
        return True


@cache
def session_of(data):
    """One for all tests: each would parse botocore's data anew, and keep it."""
    session = botocore.session.Session()
    if data is not None:
        loader = SlimmedLoader([str(data)], include_default_search_paths=False)
        session.register_component("data_loader", loader)
    return session


def make_client(service, region, data=None):
    return session_of(data).create_client(
        service, region, aws_access_key_id="AKID", aws_secret_access_key="secret"
    )


def shape(node, depth=0):
    """A shape as a client uses it: names, types, constraints; no texts."""
    if node is None or depth > 6:
        return None
    members = getattr(node, "members", {})
    inner = [getattr(node, name, None) for name in ("member", "key", "value")]
    return (
        node.type_name,
        node.name,
        dict(node.serialization),
        {k: v for k, v in node.metadata.items() if k != "documentation"},
        {name: shape(member, depth + 1) for name, member in members.items()},
        [shape(child, depth + 1) for child in inner if hasattr(child, "type_name")],
    )


def test_unused_services_and_examples_are_gone(slimmed):
    assert sorted(path.name for path in slimmed.iterdir() if path.is_dir()) == USED
    assert not list(slimmed.rglob("examples*"))
    assert not list(slimmed.rglob("*.gz"))


def test_only_the_api_version_in_use_is_left(slimmed):
    for service in USED:
        assert len(list((slimmed / service).iterdir())) == 1


def test_slimming_twice_changes_nothing(slimmed, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(slimmed, again)
    botocore_data.slim(again, set(USED))
    for path in slimmed.rglob("*.json"):
        assert (again / path.relative_to(slimmed)).read_bytes() == path.read_bytes()


def test_a_service_that_botocore_does_not_know_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no service named ecz"):
        botocore_data.slim(tmp_path, {"ecz"})


def test_a_member_that_is_named_documentation_stays():
    model = {"documentation": "a text", "members": {"documentation": {"shape": "Text"}}}
    assert botocore_data.without_documentation([model]) == [
        {"members": {"documentation": {"shape": "Text"}}}
    ]


@pytest.mark.parametrize("service", USED)
@pytest.mark.parametrize("region", REGIONS)
def test_endpoints_and_signatures_are_those_of_stock_botocore(slimmed, service, region):
    stock, slim = make_client(service, region), make_client(service, region, slimmed)
    assert slim.meta.endpoint_url == stock.meta.endpoint_url
    for name in ("signing_name", "region_name", "signature_version"):
        assert getattr(slim._request_signer, name) == getattr(stock._request_signer, name)


@pytest.mark.parametrize("service", USED)
def test_every_operation_and_shape_is_that_of_stock_botocore(slimmed, service):
    stock = make_client(service, "eu-west-1").meta
    slim = make_client(service, "eu-west-1", slimmed).meta
    assert slim.method_to_api_mapping == stock.method_to_api_mapping
    for name in stock.service_model.operation_names:
        left, right = (
            slim.service_model.operation_model(name),
            stock.service_model.operation_model(name),
        )
        assert left.http == right.http
        assert left.endpoint == right.endpoint
        assert left.auth_type == right.auth_type
        assert shape(left.input_shape) == shape(right.input_shape)
        assert shape(left.output_shape) == shape(right.output_shape)
        assert [shape(e) for e in left.error_shapes] == [shape(e) for e in right.error_shapes]


@pytest.mark.parametrize("service", USED)
def test_paginators_and_waiters_are_those_of_stock_botocore(slimmed, service):
    stock, slim = make_client(service, "eu-west-1"), make_client(service, "eu-west-1", slimmed)
    assert slim.waiter_names == stock.waiter_names
    for method in stock.meta.method_to_api_mapping:
        assert slim.can_paginate(method) == stock.can_paginate(method)
