"""What CodeDeploy shows of a service's deployments, in as few calls as possible."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from deploy_guard.codedeploy_reader import CodeDeployReader
from ecsops.errors import CallFailed
from tests.unit.deploy_guard.situations import BEGAN, definition, reality

NOW = BEGAN + 60_000


class CodeDeploy:
    """An application with one group; ``shapes`` are its deployments, newest first."""

    def __init__(self, *shapes, spec="json", refuse=None):
        self.shapes = {one["deploymentId"]: one for one in shapes}
        self.spec, self.refuse, self.calls = spec, refuse, []

    def _called(self, operation):
        self.calls.append(operation)
        if operation == self.refuse:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)
        if (operation, "throttled") == self.refuse:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, operation)

    def get_deployment_group(self, **asked):
        self._called("GetDeploymentGroup")
        if asked["deploymentGroupName"] == "gone":
            code = "DeploymentGroupDoesNotExistException"
            raise ClientError({"Error": {"Code": code}}, "GetDeploymentGroup")
        named = [{"clusterName": "prod", "serviceName": "web"}]
        of_ecs = asked["deploymentGroupName"] == "web"
        return {"deploymentGroupInfo": {"ecsServices": named if of_ecs else []}}

    def batch_get_deployments(self, *, deploymentIds):  # noqa: N803  the API's name
        self._called("BatchGetDeployments")
        return {"deploymentsInfo": [self.shapes[one] for one in deploymentIds]}

    def list_deployments(self, **asked):
        self._called("ListDeployments")
        assert asked["applicationName"] == "shop"
        assert asked["createTimeRange"]["start"] == datetime.fromtimestamp(NOW - 90 * 86_400, UTC)
        return {"deployments": list(self.shapes)}

    def get_application_revision(self, *, applicationName, revision):  # noqa: N803
        self._called("GetApplicationRevision")
        number = revision["appSpecContent"]["sha256"].removeprefix("sha")
        name = definition(number)
        content = {
            "json": f'{{"TaskDefinition": "{name}", "LoadBalancerInfo": {{}}}}',
            "yaml": f"      Properties:\n        TaskDefinition: {name}\n        Other: 1\n",
            "none": None,
        }[self.spec]
        return {"revision": {"appSpecContent": {"content": content}}}


def shape(number, status="Succeeded", **fields):
    return {
        "deploymentId": f"d-{number}",
        "applicationName": "shop",
        "deploymentGroupName": "web",
        "status": status,
        "createTime": datetime.fromtimestamp(BEGAN + number * 1000, UTC),
        "revision": {"appSpecContent": {"sha256": f"sha{number}"}},
    } | fields


def complete(client, *known, task_sets=()):
    seen = reality(at=NOW, controller="CODE_DEPLOY", description={"taskSets": list(task_sets)})
    return CodeDeployReader(lambda: client).complete(seen, known)


@pytest.mark.parametrize("spec", ["json", "yaml"])
def test_the_revision_alone_tells_the_task_definition(spec):
    found = complete(CodeDeploy(shape(43), shape(42), spec=spec), "d-43").code_deployments
    assert [(one.id, one.task_definition) for one in found] == [
        ("d-43", definition(43)),
        ("d-42", definition(42)),
    ]


def test_a_revision_that_says_nothing_is_no_fault():
    (found,) = complete(CodeDeploy(shape(43), spec="none"), "d-43").code_deployments
    assert found.task_definition is None


def test_a_task_set_names_the_deployment_that_made_it():
    sets = ({"externalId": "d-43"}, {"externalId": "something else"}, {})
    assert complete(CodeDeploy(shape(43)), task_sets=sets).code_deployments[0].id == "d-43"


def test_without_any_id_nothing_is_asked():
    client = CodeDeploy(shape(43))
    assert complete(client).code_deployments == ()
    assert client.calls == []


def test_a_revision_is_read_once():
    client = CodeDeploy(shape(43))
    reader = CodeDeployReader(lambda: client)
    for _ in range(3):
        reader.complete(reality(at=NOW, description={}), ["d-43"])
    assert client.calls.count("GetApplicationRevision") == 1


def test_a_rollback_is_known_by_its_creator_and_ours_by_what_we_wrote():
    theirs = shape(
        44,
        creator="codeDeployRollback",
        rollbackInfo={"rollbackTriggeringDeploymentId": "d-43"},
    )
    ours = shape(45, creator="user", description="ecs-ops: rollback of d-41")
    nobodys = shape(46, creator="user", description="release 46")
    found = complete(CodeDeploy(nobodys, ours, theirs), "d-46").code_deployments
    assert [one.rolls_back for one in found] == [None, "d-41", "d-43"]


def test_why_it_failed_is_kept():
    failed = shape(
        43,
        "Failed",
        errorInformation={"code": "ALARM_ACTIVE", "message": "One or more alarms."},
        rollbackInfo={"rollbackDeploymentId": "d-44"},
    )
    (found,) = complete(CodeDeploy(failed), "d-43").code_deployments
    assert (found.error_code, found.error) == ("ALARM_ACTIVE", "One or more alarms.")
    assert found.rollback_id == "d-44"


@pytest.mark.parametrize("operation", ["BatchGetDeployments", "ListDeployments"])
def test_whoever_may_not_look_is_blind(operation):
    found = complete(CodeDeploy(shape(43), refuse=operation), "d-43")
    assert operation in found.blind[0]
    assert found.code_deployments == ()


def test_what_is_throttled_is_tried_again():
    with pytest.raises(CallFailed, match="ThrottlingException"):
        complete(CodeDeploy(shape(43), refuse=("ListDeployments", "throttled")), "d-43")


def test_a_group_is_asked_once_where_it_deploys_to():
    client = CodeDeploy()
    reader = CodeDeployReader(lambda: client)
    assert [reader.service_of("shop", "web") for _ in range(2)] == [("prod", "web")] * 2
    assert reader.service_of("shop", "lambdas") is None
    assert client.calls == ["GetDeploymentGroup"] * 2


def test_a_group_that_is_gone_is_nobodys_and_one_that_is_not_told_is_tried_again():
    assert CodeDeployReader(CodeDeploy).service_of("shop", "gone") is None
    throttled = CodeDeploy(refuse=("GetDeploymentGroup", "throttled"))
    with pytest.raises(CallFailed, match="ThrottlingException"):
        CodeDeployReader(lambda: throttled).service_of("shop", "web")
