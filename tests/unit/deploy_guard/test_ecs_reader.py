"""What ECS shows, and what it cannot show: those are two things."""

import pytest
from botocore.exceptions import ClientError

from deploy_guard.ecs_reader import EcsReader
from deploy_guard.model import Ledger
from ecsops.errors import CallFailed
from tests.unit.deploy_guard.situations import ACCOUNT, SERVICE

OTHER = f"{ACCOUNT}:service/preview/api"
NOW = 1_000.0


class Ecs:
    """Answers DescribeServices, cluster by cluster, with an answer or an error code."""

    def __init__(self, **answers):
        self.answers = answers

    def describe_services(self, *, cluster, services, include):
        answer = self.answers[cluster]
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer, "Message": "no"}}, "DescribeServices")
        return answer


def shown(arn):
    return {"serviceArn": arn, "deploymentController": {"type": "EXTERNAL"}, "desiredCount": 1}


def refused(arn, reason):
    return {"services": [], "failures": [{"arn": arn, "reason": reason}]}


PROD = {"services": [shown(SERVICE)], "failures": []}


def read(**answers):
    ledgers = [Ledger(SERVICE)] + ([Ledger(OTHER)] if "preview" in answers else [])
    return EcsReader(Ecs(**answers)).read(ledgers, NOW)


@pytest.mark.parametrize("answer", ["ClusterNotFoundException", refused(OTHER, "MISSING")])
def test_what_is_gone_is_missing_and_nobody_is_blind(answer):
    found = read(prod=PROD, preview=answer)
    assert found[SERVICE].status == "ACTIVE"
    assert found[OTHER].status == "MISSING"
    assert not any(one.blind for one in found.values())


@pytest.mark.parametrize("answer", ["ThrottlingException", refused(OTHER, "INTERNAL_ERROR")])
def test_what_could_not_be_read_is_left_out_and_the_others_are_read(answer):
    found = read(prod=PROD, preview=answer)
    assert set(found) == {SERVICE}


@pytest.mark.parametrize("answer", ["ThrottlingException", refused(SERVICE, "INTERNAL_ERROR")])
def test_if_nothing_could_be_read_it_is_said_why(answer):
    with pytest.raises(CallFailed, match="DescribeServices"):
        read(prod=answer)


def test_whoever_may_not_look_is_blind():
    found = read(prod=PROD, preview="AccessDeniedException")
    assert found[OTHER].blind
