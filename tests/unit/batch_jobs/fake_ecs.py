# ruff: noqa: N803  the calls have the names of the API
"""ECS for tests of batch_jobs: RunTask with client tokens that live as long as ECS keeps them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

TOKEN_OUTLIVES_S = 3600.0


@dataclass(frozen=True)
class Token:
    """What a call with a token was, and its answer: a repeated one gets it too, failures included."""

    wanted: str
    answer: dict
    at: float
    task: dict | None


class Ecs:
    """The tasks of an account."""

    def __init__(self, account):
        self.account = account

    def run_task(self, **request):
        return self.account.call("RunTask", lambda: self._run(request))

    def _run(self, request):
        account, token = self.account, request["clientToken"]
        wanted = json.dumps(request, sort_keys=True)
        known = account.tokens.get(token)
        if known and self._lives(known):
            assert known.wanted == wanted, "the same token with other parameters"
            return known.answer
        account.launches += 1
        self._cluster("RunTask")
        if account.provisioning_is_full:
            message = "You've reached the limit on the number of tasks in the PROVISIONING state"
            raise ClientError({"Error": {"Code": "ClientException", "Message": message}}, "RunTask")
        refusal = account.refusals.pop() if account.refusals else False
        if refusal == "error":
            # An error is no answer: the token does not remember it.
            message = "No Container Instances were found in your cluster."
            error = {"Code": "InvalidParameterException", "Message": message}
            raise ClientError({"Error": error}, "RunTask")
        if account.quota is not None and len(account.running()) >= account.quota:
            refusal = (
                "You\u2019ve reached the limit on the number of vCPUs you can run concurrently"
            )
        elif refusal:
            refusal = "RESOURCE:CPU"
        task = None if refusal else self._start(request)
        if account.ghosts:
            # "Not always reliable": it runs although it was refused (apache/airflow#16150).
            account.ghosts -= 1
            refusal = "RESOURCE:CPU"
        failures = [{"reason": refusal}] if refusal else []
        answer = {"tasks": [] if refusal else [task], "failures": failures}
        account.tokens[token] = Token(wanted, answer, account.now, task)
        return answer

    def _start(self, request):
        account = self.account
        arn = f"arn:aws:ecs:x:1:task/prod/{next(account.numbers):032x}"
        account.tasks[arn] = {
            "taskArn": arn,
            "startedBy": request["startedBy"],
            "group": "family:report",
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "createdAt": account.now,
            "startedAt": account.now,
        }
        return account.tasks[arn]

    def _lives(self, token):
        """A token lives as long as its task and an hour; so does that of a call which started none."""
        last = token.task.get("stoppedAt") if token.task else token.at
        return last is None or self.account.now - last < TOKEN_OUTLIVES_S

    def stop_task(self, cluster, task, reason):
        def act():
            self._cluster("StopTask")
            found = self.account.tasks[task]
            if found["lastStatus"] == "RUNNING":
                found["stoppedReason"] = reason
                self.account.stop(task, "UserInitiated", 143)
            return {}

        return self.account.call("StopTask", act)

    def describe_tasks(self, cluster, tasks):
        def act():
            self._cluster("DescribeTasks")
            known = [self._known(arn) for arn in tasks]
            missing = [arn for arn, task in zip(tasks, known, strict=True) if task is None]
            return {
                "tasks": [_moments(task) for task in known if task],
                "failures": [{"arn": arn, "reason": "MISSING"} for arn in missing],
            }

        return self.account.call("DescribeTasks", act)

    def describe_task_definition(self, taskDefinition):
        return {"taskDefinition": {"containerDefinitions": [{"name": "app"}]}}

    def get_paginator(self, _operation):
        return self

    def paginate(self, cluster, desiredStatus, startedBy=None, family=None):
        def act():
            self._cluster("ListTasks")
            found = [
                arn
                for arn in self.account.tasks
                if (task := self._known(arn))
                and task["desiredStatus"] == desiredStatus
                and startedBy in (None, task["startedBy"])
            ]
            return [{"taskArns": found}]

        return self.account.call("ListTasks", act)

    def _cluster(self, operation):
        if self.account.no_cluster:
            error = {"Error": {"Code": "ClusterNotFoundException", "Message": "Cluster not found."}}
            raise ClientError(error, operation)

    def _known(self, arn):
        task = self.account.tasks[arn]
        if arn in self.account.unseen:
            return None
        gone = "stoppedAt" in task and self.account.now - task["stoppedAt"] > TOKEN_OUTLIVES_S
        return None if gone else task


def _moments(task):
    times = ("createdAt", "startedAt", "stoppedAt")
    moments = {n: datetime.fromtimestamp(task[n], UTC) for n in times if n in task}
    return {**task, **moments}
