"""Real clients with answers from the test: botocore checks both against the service's model."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache

import botocore.session
from botocore.stub import Stubber


@cache
def _client(service):
    return botocore.session.Session().create_client(
        service,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@contextmanager
def stubbed(service, *exchanges):
    """A client that is asked exactly this: (operation, parameters, answer or error code)."""
    client = _client(service)
    with Stubber(client) as stub:
        for operation, parameters, answer in exchanges:
            if isinstance(answer, str):
                stub.add_client_error(operation, answer, expected_params=parameters)
            else:
                stub.add_response(operation, answer, parameters)
        yield client
        stub.assert_no_pending_responses()
