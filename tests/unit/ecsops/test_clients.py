from __future__ import annotations

import runpy

from ecsops import clients


def test_a_client_is_made_once_and_gives_up_well_within_two_minutes(aws_environment):
    # A copy of the module: its session must not outlive the test's environment.
    client = runpy.run_path(clients.__file__)["client"]
    sqs = client("sqs")
    assert client("sqs") is sqs
    config = sqs.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 3)
    assert config.retries["mode"] == "standard"
    assert config.max_pool_connections == 32
