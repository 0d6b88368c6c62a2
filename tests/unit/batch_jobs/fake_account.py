# ruff: noqa: N803  the calls have the names of the API
"""A table, a cluster and two queues in memory, where any call may fail before or after it took effect."""

import itertools
import json
from datetime import UTC, datetime

from botocore.exceptions import ClientError, ReadTimeoutError

from batch_jobs.times import iso

TABLE, CLUSTER = "jobs", "prod"
TOKEN_OUTLIVES_S = 3600.0


class Died(BaseException):
    """The process is gone: nothing may catch it."""


class Account:
    """``faults`` decides about each call: None, "before", "after" (the answer is lost) or "died"."""

    def __init__(self, faults=lambda: None):
        self.faults = faults
        self.now = 1_767_603_600.0
        self.items, self.tasks, self.tokens = {}, {}, {}
        self.queues = {"submit": [], "launch": [], "track": []}
        self.numbers = itertools.count(1)
        self.refusals, self.ghosts = [], 0
        # As many tasks may run (a quota of the account), and so many calls of RunTask were made.
        self.quota, self.provisioning_is_full, self.launches = None, False, 0
        # The cluster was deleted; tasks of which ECS says that it does not know them.
        self.no_cluster, self.unseen = False, set()
        self.alerts = []
        self.schedules = {}
        self.most_running = {}
        # Messages with a delay come at once, unless ``delays``; then they are here until they are due.
        self.delays, self.later, self.queries = False, [], 0

    def schedule(self, document, expression, window_m=0, **more):
        """A schedule that is there from now on, or another version of it; its name is the job's."""
        made = datetime.fromtimestamp(self.now, UTC)
        self.schedules[document["job"]] = {
            "Name": document["job"],
            "GroupName": "default",
            "State": "ENABLED",
            "ScheduleExpression": expression,
            "CreationDate": made,
            "LastModificationDate": made,
            "FlexibleTimeWindow": {"MaximumWindowInMinutes": window_m},
            "Target": {"Arn": "submit", "Input": json.dumps(document)},
        } | more

    def call(self, act):
        fault = self.faults()
        if fault == "before":
            raise ReadTimeoutError(endpoint_url="https://somewhere")
        answer = act()
        if fault == "after":
            raise ReadTimeoutError(endpoint_url="https://somewhere")
        if fault == "died":
            raise Died
        return answer

    def deliver(self, queue, body, delay_s):
        if self.delays and delay_s:
            self.later.append((self.now + delay_s, queue, body))
        else:
            self.queues[queue].append(body)

    def due(self):
        """Put messages whose delay is over into their queues."""
        for one in [one for one in self.later if one[0] <= self.now]:
            self.later.remove(one)
            self.queues[one[1]].append(one[2])

    def running(self, run=None):
        """Tasks that run, by shard; not those that Spot takes, whose place another may have."""
        found = {}
        for arn, task in self.tasks.items():
            _, name, shard, _ = task["startedBy"].split("/")
            runs = task["lastStatus"] == "RUNNING" and not task.get("warned")
            if runs and run in (None, name):
                found.setdefault((name, shard), []).append(arn)
        return found

    def warn(self, arn):
        """Spot gives a task two minutes, and ECS says so."""
        task = self.tasks[arn]
        task |= {"desiredStatus": "STOPPED", "stopCode": "SpotInterruption", "warned": True}
        self._tell(task)

    def stop(self, arn, code, exit_code):
        """A task ends, and ECS says so."""
        task = self.tasks[arn]
        task |= {
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "stopCode": code,
            "stoppedAt": self.now,
            "containers": [{"name": "app", "exitCode": exit_code}],
        }
        self._tell(task)

    def _tell(self, task):
        names = ("createdAt", "startedAt", "stoppedAt")
        times = {name: iso(task[name]) for name in names if name in task}
        event = {
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "detail": {**task, **times, "clusterArn": "arn:aws:ecs:x:1:cluster/prod"},
        }
        self.queues["track"].append(json.dumps(event))


class Dynamodb:
    """The calls of batch_jobs/ledger.py, with the conditions that it uses."""

    def __init__(self, account):
        self.account = account

    def batch_get_item(self, RequestItems):
        keys = [(k["pk"]["S"], k["sk"]["S"]) for k in RequestItems[TABLE]["Keys"]]
        assert len(keys) == len(set(keys)) <= 100

        def act():
            found = [dict(self.account.items[k]) for k in keys if k in self.account.items]
            return {"Responses": {TABLE: found}}

        return self.account.call(act)

    def batch_write_item(self, RequestItems):
        requests = RequestItems[TABLE]
        assert 0 < len(requests) <= 25
        keys = [str(one.get("DeleteRequest", {}).get("Key") or _key(one)) for one in requests]
        assert len(keys) == len(set(keys)), "Provided list of item keys contains duplicates"

        def act():
            for request in requests:
                if "PutRequest" in request:
                    item = request["PutRequest"]["Item"]
                    self.account.items[item["pk"]["S"], item["sk"]["S"]] = item
                else:
                    key = request["DeleteRequest"]["Key"]
                    self.account.items.pop((key["pk"]["S"], key["sk"]["S"]), None)
            return {}

        return self.account.call(act)

    def put_item(self, Item, ConditionExpression, ExpressionAttributeValues=None, **_):
        key = Item["pk"]["S"], Item["sk"]["S"]

        def act():
            there = self.account.items.get(key)
            wanted = (ExpressionAttributeValues or {}).get(":rev")
            if (there is not None) if wanted is None else (there or {}).get("rev") != wanted:
                error = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": there or {}}
                raise ClientError(error, "PutItem")
            self.account.items[key] = Item
            return {}

        return self.account.call(act)

    def query(self, KeyConditionExpression, ExpressionAttributeValues, ScanIndexForward=True, **_):
        values = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        low, high = values.get(":from", ""), values.get(":to", "\uffff")
        self.account.queries += 1

        def act():
            keys = [k for k in self.account.items if k[0] == values[":pk"] and low <= k[1] <= high]
            keys.sort(reverse=not ScanIndexForward)
            return {"Items": [dict(self.account.items[key]) for key in keys]}

        return self.account.call(act)


class Sqs:
    """Messages are delivered by the test, whenever and as often as it likes."""

    def __init__(self, account):
        self.account = account

    def send_message_batch(self, QueueUrl, Entries):
        def act():
            for entry in Entries:
                self.account.deliver(QueueUrl, entry["MessageBody"], entry.get("DelaySeconds", 0))
            return {}

        return self.account.call(act)


class Events:
    def __init__(self, account):
        self.account = account

    def put_events(self, Entries):
        def act():
            details = [json.loads(entry["Detail"]) for entry in Entries]
            self.account.alerts += [one for one in details if "incident" in one]
            return {"FailedEntryCount": 0}

        return self.account.call(act)


class Scheduler:
    """Its two reading calls, over what ``schedule`` has put there; it sends nothing."""

    def __init__(self, account):
        self.account = account

    def get_paginator(self, _operation):
        return self

    def paginate(self):
        def act():
            names = ("Name", "GroupName", "State", "LastModificationDate", "Target")
            return [
                {"Schedules": [{name: one[name] for name in names}]}
                for one in self.account.schedules.values()
            ]

        return self.account.call(act)

    def get_schedule(self, GroupName, Name):
        return self.account.call(lambda: self.account.schedules[Name])


class Ecs:
    """RunTask with client tokens as long as ECS keeps them."""

    def __init__(self, account):
        self.account = account

    def run_task(self, **request):
        return self.account.call(lambda: self._run(request))

    def _run(self, request):
        account, token = self.account, request["clientToken"]
        wanted = json.dumps(request, sort_keys=True)
        if token in account.tokens:
            arn, before = account.tokens[token]
            ended = account.tasks[arn].get("stoppedAt") if arn else account.now
            if arn and (ended is None or account.now - ended < TOKEN_OUTLIVES_S):
                assert before == wanted, "the same token with other parameters"
                return {"tasks": [account.tasks[arn]], "failures": []}
        account.launches += 1
        self._cluster("RunTask")
        if account.provisioning_is_full:
            message = "You've reached the limit on the number of tasks in the PROVISIONING state"
            raise ClientError({"Error": {"Code": "ClientException", "Message": message}}, "RunTask")
        if account.quota is not None and len(account.running()) >= account.quota:
            reason = "You\u2019ve reached the limit on the number of vCPUs you can run concurrently"
            return {"tasks": [], "failures": [{"reason": reason}]}
        if account.refusals and account.refusals.pop():
            return {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]}
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
        account.tokens[token] = (arn, wanted)
        if account.ghosts:
            # "Not always reliable": it runs although it was refused (apache/airflow#16150).
            account.ghosts -= 1
            return {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]}
        return {"tasks": [account.tasks[arn]], "failures": []}

    def stop_task(self, cluster, task, reason):
        def act():
            self._cluster("StopTask")
            found = self.account.tasks[task]
            if found["lastStatus"] == "RUNNING":
                found["stoppedReason"] = reason
                self.account.stop(task, "UserInitiated", 143)
            return {}

        return self.account.call(act)

    def describe_tasks(self, cluster, tasks):
        def act():
            self._cluster("DescribeTasks")
            known = [self._known(arn) for arn in tasks]
            missing = [arn for arn, task in zip(tasks, known, strict=True) if task is None]
            return {
                "tasks": [_moments(task) for task in known if task],
                "failures": [{"arn": arn, "reason": "MISSING"} for arn in missing],
            }

        return self.account.call(act)

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

        return self.account.call(act)

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


def _key(request):
    item = request["PutRequest"]["Item"]
    return {"pk": item["pk"], "sk": item["sk"]}


def _moments(task):
    times = ("createdAt", "startedAt", "stoppedAt")
    moments = {n: datetime.fromtimestamp(task[n], UTC) for n in times if n in task}
    return {**task, **moments}
