"""Applications and deployment groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.codedeploy.model import Application, Group, Shape, Store
from sandbox.codedeploy.shapes import group_shape, moment
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.elb.agenda import Agenda


class Groups:
    """Creates, shows and tags them."""

    def __init__(self, agenda: Agenda, store: Store, uuid: Callable[[], str]) -> None:
        """``store`` keeps them."""
        self._agenda = agenda
        self._store = store
        self._uuid = uuid
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "CreateApplication": self._create_application,
            "GetApplication": self._get_application,
            "ListApplications": self._list_applications,
            "CreateDeploymentGroup": self._create_group,
            "GetDeploymentGroup": self._get_group,
            "BatchGetDeploymentGroups": self._batch_get_groups,
            "ListDeploymentGroups": self._list_groups,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def _create_application(self, request: Request) -> Shape:
        params = request.params
        name = params["applicationName"]
        if params.get("computePlatform", "Server") != "ECS":
            raise UnsupportedOperation("the sandbox deploys to Amazon ECS only")
        if name in self._store.applications:
            message = f"An application with the name {name} already exists."
            raise ApiError("ApplicationAlreadyExistsException", message)
        arn = request.arn("codedeploy", f"application:{name}")
        tags = _tags(params)
        application = Application(name, self._uuid(), arn, self._agenda.now(), tags)
        self._store.applications[name] = application
        return {"applicationId": application.id}

    def _get_application(self, request: Request) -> Shape:
        application = self._store.application(request.params["applicationName"])
        shape = {
            "applicationId": application.id,
            "applicationName": application.name,
            "createTime": moment(application.created_at),
            "computePlatform": "ECS",
        }
        return {"application": shape}

    def _list_applications(self, request: Request) -> Shape:
        del request
        return {"applications": list(self._store.applications)}

    def _create_group(self, request: Request) -> Shape:
        params = request.params
        application = self._store.application(params["applicationName"])
        name = params["deploymentGroupName"]
        if (application.name, name) in self._store.groups:
            message = f"A deployment group with the name {name} already exists."
            raise ApiError("DeploymentGroupAlreadyExistsException", message)
        arn = request.arn("codedeploy", f"deploymentgroup:{application.name}/{name}")
        group = Group(application, name, self._uuid(), arn, params, _tags(params))
        self._store.groups[application.name, name] = group
        return {"deploymentGroupId": group.id}

    def _get_group(self, request: Request) -> Shape:
        return {"deploymentGroupInfo": group_shape(self._store.group(request.params))}

    def _batch_get_groups(self, request: Request) -> Shape:
        application = self._store.application(request.params["applicationName"])
        groups = [
            self._store.groups.get((application.name, name))
            for name in request.params["deploymentGroupNames"]
        ]
        return {"deploymentGroupsInfo": [group_shape(group) for group in groups if group]}

    def _list_groups(self, request: Request) -> Shape:
        application = self._store.application(request.params["applicationName"])
        names = [name for owner, name in self._store.groups if owner == application.name]
        return {"applicationName": application.name, "deploymentGroups": names}

    def _tag(self, request: Request) -> Shape:
        tags = self._tags_of(request)
        tags.update({tag["Key"]: tag["Value"] for tag in request.params["Tags"]})
        return {}

    def _untag(self, request: Request) -> Shape:
        tags = self._tags_of(request)
        for key in request.params["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, request: Request) -> Shape:
        tags = self._tags_of(request)
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tags_of(self, request: Request) -> dict[str, str]:
        arn = request.params["ResourceArn"]
        owners: list[Application | Group] = [*self._store.applications.values()]
        for owner in [*owners, *self._store.groups.values()]:
            if owner.arn == arn:
                return owner.tags
        raise ApiError("ArnNotSupportedException", f"There is no {arn}.")


def _tags(params: Shape) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in params.get("tags", [])}
