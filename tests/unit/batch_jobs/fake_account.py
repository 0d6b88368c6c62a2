# ruff: noqa: N803  the calls have the names of the API
"""A table, a cluster and queues in memory, where any call may fail before or after it took effect."""

import itertools
import json
from datetime import UTC, datetime

from botocore.exceptions import ReadTimeoutError

from batch_jobs.times import iso


class Died(BaseException):
    """The process is gone: nothing may catch it."""


class Account:
    """``faults`` decides about each call, by its operation, before it takes effect.

    None: it goes well. "before": it is lost; "after": its answer is lost; "retried": so it is, and the
    client makes the call again; "died": the process ends when the answer would have come. While it is
    asked it may do whatever another function does meanwhile.
    """

    def __init__(self, faults=lambda _operation: None):
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

    def call(self, operation, act):
        fault = self.faults(operation)
        if fault == "before":
            raise ReadTimeoutError(endpoint_url="https://somewhere")
        answer = act()
        if fault == "retried":
            return act()
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


class Sqs:
    """Messages are delivered by the test, whenever and as often as it likes."""

    def __init__(self, account):
        self.account = account

    def send_message_batch(self, QueueUrl, Entries):
        def act():
            for entry in Entries:
                self.account.deliver(QueueUrl, entry["MessageBody"], entry.get("DelaySeconds", 0))
            return {}

        return self.account.call("SendMessageBatch", act)


class Events:
    def __init__(self, account):
        self.account = account

    def put_events(self, Entries):
        def act():
            details = [json.loads(entry["Detail"]) for entry in Entries]
            self.account.alerts += [one for one in details if "incident" in one]
            return {"FailedEntryCount": 0}

        return self.account.call("PutEvents", act)


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

        return self.account.call("ListSchedules", act)

    def get_schedule(self, GroupName, Name):
        return self.account.call("GetSchedule", lambda: self.account.schedules[Name])
