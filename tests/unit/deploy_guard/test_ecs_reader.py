"""What ECS shows, and what it cannot show: those are two things."""

import pytest
from botocore.exceptions import ClientError

from deploy_guard.ecs_reader import EcsReader
from deploy_guard.model import Ledger
from ecsops.errors import CallFailed
from tests.unit.deploy_guard.situations import (
    ACCOUNT,
    SERVICE,
    changed,
    definition,
    deployment_arn,
    revision_arn,
    row,
    version,
)

OTHER = f"{ACCOUNT}:service/preview/api"
OTHER_OF_PROD = f"{ACCOUNT}:service/prod/api"
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


class Prod:
    """Two services of one cluster, each with one deployment. ``refused`` is a deployment not told."""

    def __init__(self, status="ACTIVE", form=OTHER_OF_PROD, refused=False):
        self.shapes = [deployed(SERVICE), deployed(OTHER_OF_PROD, status=status, serviceArn=form)]
        self.refused = refused

    def describe_services(self, **_):
        return {"services": self.shapes, "failures": []}

    def list_service_deployments(self, *, service, **_):
        raise ClientError(
            {"Error": {"Code": "ServiceNotFoundException", "Message": service}}, "List"
        )

    def describe_service_deployments(self, *, serviceDeploymentArns):  # noqa: N803  the API's name
        refused = [one for one in serviceDeploymentArns if self.refused and "/api/" in one]
        told = sorted(set(serviceDeploymentArns) - set(refused))
        return {
            "serviceDeployments": [
                {"serviceDeploymentArn": one, "status": "IN_PROGRESS"} for one in told
            ],
            "failures": [{"arn": one, "reason": "INTERNAL_ERROR"} for one in refused],
        }

    def read(self):
        return EcsReader(self).read([Ledger(SERVICE), Ledger(OTHER_OF_PROD)], NOW)


def deployed(arn, **fields):
    current = arn.replace(":service/", ":service-deployment/") + "/1"
    given = {"serviceArn": arn, "clusterArn": f"{ACCOUNT}:cluster/prod", "desiredCount": 1}
    return given | {"currentServiceDeployment": current} | fields


def test_a_service_of_the_old_form_is_known_by_the_name_it_was_asked_for():
    found = Prod(form=f"{ACCOUNT}:service/api").read()
    assert set(found) == {SERVICE, OTHER_OF_PROD}
    assert found[OTHER_OF_PROD].service == OTHER_OF_PROD


def test_of_a_deleted_service_no_deployments_are_asked_for():
    prod = Prod(status="INACTIVE")
    del prod.shapes[1]["currentServiceDeployment"]
    found = prod.read()
    assert found[SERVICE].history
    assert found[OTHER_OF_PROD].status == "INACTIVE"


def test_a_service_that_vanishes_while_it_is_read_costs_no_other():
    prod = Prod()
    del prod.shapes[1]["currentServiceDeployment"]
    assert set(prod.read()) == {SERVICE}


@pytest.mark.parametrize("form", [OTHER_OF_PROD, f"{ACCOUNT}:service/api"])
def test_a_deployment_that_ecs_cannot_tell_costs_no_other_service(form):
    assert set(Prod(refused=True, form=form).read()) == {SERVICE}


def test_whoever_may_not_look_is_blind():
    found = read(prod=PROD, preview="AccessDeniedException")
    assert found[OTHER].blind


class Unattended:
    """One service of one deployment, which nobody but the scheduler has a say in."""

    def __init__(self):
        self.described = []

    def describe_services(self, **_):
        primary = {"id": "ecs-svc/43", "status": "PRIMARY", "rolloutState": "IN_PROGRESS"}
        shape = {
            "serviceArn": SERVICE,
            "clusterArn": f"{ACCOUNT}:cluster/prod",
            "currentServiceDeployment": deployment_arn(43),
            "deployments": [primary | {"taskDefinition": definition(43)}],
        }
        return {"services": [shape], "failures": []}

    def describe_service_deployments(self, *, serviceDeploymentArns):  # noqa: N803  the API's name
        self.described += serviceDeploymentArns
        shapes = [
            {
                "serviceDeploymentArn": one,
                "status": "IN_PROGRESS",
                "targetServiceRevision": {"arn": revision_arn(43)},
            }
            for one in serviceDeploymentArns
        ]
        return {"serviceDeployments": shapes, "failures": []}


@pytest.mark.parametrize(
    ("remembered", "described"), [({}, 1), ({"remembered": [SERVICE]}, 0), ({"remembered": []}, 1)]
)
def test_a_deployment_is_read_again_unless_it_may_be_remembered(remembered, described):
    target = changed(version(43), revision_arn=revision_arn(43))
    ledger = Ledger(SERVICE, (row(target=target, source=None, unattended=True),))
    ecs = Unattended()
    found = EcsReader(ecs).read([ledger], NOW, **remembered)[SERVICE]
    assert [(one.arn, one.status, one.target) for one in found.history] == [
        (deployment_arn(43), "IN_PROGRESS", revision_arn(43))
    ]
    assert ecs.described == [deployment_arn(43)] * described
