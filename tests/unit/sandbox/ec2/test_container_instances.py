from __future__ import annotations

import pytest

from sandbox.errors import ApiError, UnsupportedOperation
from tests.unit.sandbox.ec2.machines import Machines


def test_an_instance_registers_when_it_has_booted(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1b")

    shape = machines.instance(one)

    assert (shape["status"], shape["agentConnected"]) == ("ACTIVE", True)
    attributes = {each["name"]: each["value"] for each in shape["attributes"]}
    assert attributes["ecs.availability-zone"] == "eu-west-1b"
    assert attributes["ecs.instance-type"] == "m7g.large"
    event = machines.details("ECS Container Instance State Change")[0]
    assert (event["ec2InstanceId"], event["status"]) == (one, "ACTIVE")


def test_remaining_resources_are_what_tasks_leave(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1a", cpu=1024, memory=2000)
    machines.definition()
    machines.on_instances(count=1)
    machines.run(60)

    left = {
        each["name"]: each.get("integerValue")
        for each in machines.instance(one)["remainingResources"]
    }

    assert (left["CPU"], left["MEMORY"]) == (512, 1488)
    assert machines.instance(one)["runningTasksCount"] == 1


def test_a_filter_finds_instances_by_their_ec2_id(machines: Machines) -> None:
    one, two, _ = machines.launch("eu-west-1a", "eu-west-1b", "eu-west-1c")
    arns = [machines.instance(each)["containerInstanceArn"] for each in (one, two)]

    def listed(expression: str) -> list[str]:
        found = machines.ecs("ListContainerInstances", cluster="prod", filter=expression)
        return found["containerInstanceArns"]

    assert listed(f"ec2InstanceId == '{one}'") == arns[:1]
    assert listed(f"ec2InstanceId in ['{one}','{two}']") == arns
    assert listed("ec2InstanceId in ['i-00000000000000000']") == []


def test_a_query_that_is_not_understood_is_no_empty_answer(machines: Machines) -> None:
    machines.launch()
    with pytest.raises(UnsupportedOperation):
        machines.ecs("ListContainerInstances", cluster="prod", filter="task:group == service:web")
    with pytest.raises(ApiError, match="Invalid expression"):
        machines.ecs("ListContainerInstances", cluster="prod", filter="i-0123")


def test_ten_instances_are_updated_in_a_call_and_each_has_its_own_fate(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1a")
    arn = machines.instance(one)["containerInstanceArn"]
    other = arn[:-1] + ("0" if arn[-1] != "0" else "1")

    answer = machines.ecs(
        "UpdateContainerInstancesState",
        cluster="prod",
        containerInstances=[arn, other],
        status="DRAINING",
    )

    assert [each["status"] for each in answer["containerInstances"]] == ["DRAINING"]
    assert answer["failures"] == [{"arn": other, "reason": "MISSING"}]
    with pytest.raises(ApiError, match="more than 10"):
        machines.ecs(
            "UpdateContainerInstancesState",
            cluster="prod",
            containerInstances=[arn] * 11,
            status="DRAINING",
        )


def test_an_instance_that_has_ended_can_neither_be_drained_nor_is_it_listed(
    machines: Machines,
) -> None:
    (one,) = machines.launch("eu-west-1a")
    machines.fleet.end(one)

    assert machines.drain(one)["failures"][0]["reason"] == "INACTIVE"
    assert machines.ecs("ListContainerInstances", cluster="prod")["containerInstanceArns"] == []


def test_bridge_tasks_get_free_host_ports_and_register_by_instance(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1a")
    group = machines.instance_group()
    machines.definition()
    machines.on_instances("web", 2, group)
    machines.run(60)

    ports = sorted(
        task["containers"][0]["networkBindings"][0]["hostPort"] for task in machines.tasks()
    )

    assert ports == [32768, 32769]
    assert set(machines.health(group)) == {(one, 32768), (one, 32769)}
    assert machines.tasks()[0]["attachments"] == []
    assert machines.tasks()[0]["launchType"] == "EC2"


def test_a_host_port_is_given_out_again_when_its_task_has_stopped(machines: Machines) -> None:
    machines.launch("eu-west-1a")
    machines.definition()
    machines.on_instances("web", 1)
    machines.run(60)
    before = machines.tasks()[0]
    for count in (0, 1):
        machines.ecs("UpdateService", cluster="prod", service="web", desiredCount=count)
        machines.run(120)

    after = machines.tasks()[0]

    assert after["taskArn"] != before["taskArn"]
    assert after["containers"][0]["networkBindings"][0]["hostPort"] == 32768


def test_host_mode_takes_the_containers_own_port_once_an_instance(machines: Machines) -> None:
    machines.launch("eu-west-1a")
    machines.definition(mode="host")
    machines.on_instances("web", 2)
    machines.run(60)

    (task,) = machines.tasks()

    assert task["containers"][0]["networkBindings"][0]["hostPort"] == 8080
    failure = machines.details("ECS Service Action", eventName="SERVICE_TASK_PLACEMENT_FAILURE")[-1]
    assert failure["reason"] == "RESOURCE:PORTS"
    assert len(failure["containerInstanceArns"]) == 1


def test_awsvpc_tasks_on_instances_have_an_interface_of_their_own(machines: Machines) -> None:
    machines.launch("eu-west-1b")
    group = machines.target_group()
    machines.definition(mode="awsvpc")
    network = {"awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"]}}
    machines.on_instances("web", 1, group, networkConfiguration=network)
    machines.run(60)

    (task,) = machines.tasks()

    address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    assert set(machines.health(group)) == {(address, 8080)}
    assert task["containerInstanceArn"]
    assert task["availabilityZone"] == "eu-west-1b"


def test_run_task_without_room_answers_the_reason(machines: Machines) -> None:
    machines.launch("eu-west-1a", cpu=256)
    machines.definition()

    answer = machines.ecs("RunTask", cluster="prod", taskDefinition="web", launchType="EC2")

    assert answer["tasks"] == []
    assert answer["failures"][0]["reason"] == "RESOURCE:CPU"


def test_managed_tags_name_cluster_and_service(machines: Machines) -> None:
    machines.launch("eu-west-1a")
    machines.definition()
    machines.on_instances("web", 1, enableECSManagedTags=True)
    machines.run(60)
    arn = machines.tasks()[0]["taskArn"]

    task = machines.ecs("DescribeTasks", cluster="prod", tasks=[arn], include=["TAGS"])["tasks"][0]

    assert {tag["key"]: tag["value"] for tag in task["tags"]} == {
        "aws:ecs:clusterName": "prod",
        "aws:ecs:serviceName": "web",
    }


def test_placing_and_stopping_a_task_tells_of_its_instance(machines: Machines) -> None:
    machines.launch("eu-west-1a")
    machines.definition()
    kind = "ECS Container Instance State Change"
    before = len(machines.details(kind))

    arn = machines.ecs("RunTask", cluster="prod", taskDefinition="web", launchType="EC2")["tasks"]
    machines.run(60)
    placed = machines.details(kind)[before:]
    machines.ecs("StopTask", cluster="prod", task=arn[0]["taskArn"])
    machines.run(120)
    stopped = machines.details(kind)[before + len(placed) :]

    assert len(placed) == len(stopped) == 1
    assert stopped[0]["version"] > placed[0]["version"]
