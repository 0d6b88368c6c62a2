"""Which protected tasks nobody can need."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from sandbox.scaling.protection import Protected, protected_tasks, stale

NOW = 1_767_603_600.0


class Ecs:
    """150 tasks, every second one protected, each for a little longer."""

    def __init__(self):
        self.asked = []

    def get_paginator(self, operation):
        assert operation == "list_tasks"
        arns = [f"task-{number}" for number in range(150)]
        pages = [{"taskArns": arns[:100]}, {"taskArns": arns[100:]}]
        return SimpleNamespace(paginate=lambda **_: pages)

    def get_task_protection(self, cluster, tasks):
        self.asked.append(len(tasks))
        return {
            "protectedTasks": [
                {
                    "taskArn": arn,
                    "protectionEnabled": int(arn[5:]) % 2 == 0,
                    "expirationDate": datetime.fromtimestamp(NOW, UTC)
                    + timedelta(seconds=60 + int(arn[5:])),
                }
                for arn in tasks
            ]
        }


def test_tasks_are_asked_about_a_hundred_at_a_time():
    ecs = Ecs()
    found = protected_tasks(ecs, "prod", "worker", NOW)
    assert ecs.asked == [100, 50]
    assert len(found) == 75
    assert found[0] == Protected("task-148", 208)


def test_as_many_as_are_in_flight_are_needed():
    tasks = [Protected("a", 900), Protected("b", 600), Protected("c", 300)]
    assert list(stale(tasks, 3, 3600)) == []
    ((task, reason),) = stale(tasks, 2, 3600)
    assert task.task == "a"
    assert reason == "3 tasks are protected, 2 messages are in flight"


def test_longer_than_any_message_takes_is_stale_too():
    ((task, reason),) = stale([Protected("a", 7200), Protected("b", 60)], 2, 3600)
    assert task.task == "a"
    assert "longer than any message" in reason


def test_where_nobody_knows_what_is_in_flight_only_the_time_counts():
    tasks = [Protected("a", 7200), Protected("b", 60)]
    ((task, _),) = stale(tasks, None, 3600)
    assert task.task == "a"
