from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Every account of the sandbox imports the functions anew: with their bytecode kept that takes a third of the
# time, also where the environment says that none be written.
sys.dont_write_bytecode = False

settings.register_profile("default-here", deadline=None, max_examples=60)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "default-here")

TABLE = "ops"


_NOWHERE = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a Region that lead nowhere."""
    for name, value in _NOWHERE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def moto_dynamodb() -> Iterator[Any]:
    """A DynamoDB client of an empty account; starting one takes longer than most tests."""
    import botocore.session
    from moto import mock_aws

    with pytest.MonkeyPatch.context() as patch:
        for name, value in _NOWHERE.items():
            patch.setenv(name, value)
        with mock_aws():
            yield botocore.session.get_session().create_client("dynamodb")


@pytest.fixture
def dynamodb(moto_dynamodb: Any) -> Iterator[Any]:
    """A DynamoDB client; the table ``ops`` has the shape that the template gives every table."""
    moto_dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield moto_dynamodb
    moto_dynamodb.delete_table(TableName=TABLE)
