"""The shipped template with the built artefact, in an account on this machine, in real time.

Every function runs under the Lambda runtime interface client, as a process that sees its own folder
and nothing else, and makes every call that its source can make: nothing needed was pruned.
"""

import copy
import functools
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from build_tools import needs
from sandbox.account import Account
from sandbox.clock import WallClock
from sandbox.ecs import EcsSettings
from sandbox.faults import CallFault
from sandbox.sinks.webhook import FakeWebhook
from sandbox.world import check_world
from tests.e2e.shipped import FUNCTIONS, PARTLY_TOLD, ROOT
from tests.integration.conftest import Operations
from tests.integration.deploy_guard.guarded import NO_IMAGE, Guard, guarded

LIMIT_S = 90
TASKS, INTERRUPTED = 25, 20
# Tasks start at once; ECS itself leaves interrupted ones in their target groups.
QUICK = EcsSettings(
    provisioning_s=0.1,
    pending_s=0.1,
    activating_s=0.1,
    scheduler_s=0.05,
    jitter=0,
    native_spot_deregistration="broken",
)
QUEUES = {
    "ecs-ops:queue": "jobs kinesis:clicks",
    "ecs-ops:latency-slo": "60s",
    "ecs-ops:processing-time": "30s",
    "ecs-ops:max-tasks": "3",
}
WORLD = {
    "clusters": [
        {
            "name": "prod",
            "services": [
                {"name": "web", "count": TASKS, "target_groups": [{"name": "web"}]},
                guarded("guarded"),
                {"name": "direct", "tags": QUEUES | {"ecs-ops:scaling": "direct"}},
                {"name": "managed", "tags": QUEUES | {"ecs-ops:scaling": "managed"}},
            ],
        }
    ]
}
# What invokes the functions that no queue feeds.
INVOCATIONS = {
    "DashboardFunction": {"widgetContext": {"params": {}, "width": 1200, "height": 400}},
    # As good as no question: it says so.
    "DeployGuardHookFunction": {"lifecycleStage": "PRE_SCALE_UP"},
}
# What the kernel's queue door does for functions that take their own backlog.
BACKLOG = {("sqs", "ReceiveMessage"), ("sqs", "DeleteMessageBatch")}
NO_BACKLOG = {"SelfTestFunction", "QueueScalingFunction", "DeployGuardExecutorFunction"}
# The story has one rollback; all the others are told in tests/integration/deploy_guard, with the template.
OTHER_ROLLBACKS = {
    ("ecs", "ContinueServiceDeployment"),
    ("ecs", "UpdateService"),
    ("ecs", "RegisterTaskDefinition"),
    ("ecs", "ListServiceDeployments"),
    ("ecs", "DescribeServiceRevisions"),
    ("ecr", "DescribeImages"),
    ("cloudwatch", "DescribeAlarms"),
    ("codedeploy", "CreateDeployment"),
    ("codedeploy", "GetApplicationRevision"),
    ("codedeploy", "GetDeployment"),
    ("codedeploy", "BatchGetDeployments"),
    ("codedeploy", "ListDeployments"),
    ("codedeploy", "GetDeploymentGroup"),
    ("codedeploy", "StopDeployment"),
    ("dynamodb", "Query"),
    ("dynamodb", "PutItem"),
    ("sqs", "SendMessageBatch"),
}
# The hook's answers are told there, too.
ANSWERS = {
    *(("dynamodb", "BatchGetItem"), ("dynamodb", "PutItem"), ("dynamodb", "Query")),
    *(("ecs", "DescribeServices"), ("ecs", "DescribeServiceDeployments")),
    *(("ecs", "DescribeServiceRevisions"), ("ecs", "ListServiceDeployments")),
    *(("ecs", "DescribeTaskDefinition"), ("ecr", "DescribeImages"), ("ssm", "GetParameter")),
}
# So are EC2 instances that Spot takes: tests/integration/spot_drain.
INSTANCES = {
    *(("autoscaling", "CompleteLifecycleAction"), ("autoscaling", "DescribeLifecycleHooks")),
    *(("autoscaling", "RecordLifecycleActionHeartbeat"), ("dynamodb", "BatchWriteItem")),
    *(("dynamodb", "GetItem"), ("dynamodb", "Scan"), ("ecs", "DescribeContainerInstances")),
    *(
        ("ecs", "DescribeTaskDefinition"),
        ("ecs", "ListClusters"),
        ("ecs", "ListContainerInstances"),
    ),
    *(("ecs", "ListTasks"), ("ecs", "StopTask"), ("ecs", "UpdateContainerInstancesState")),
    *(("servicediscovery", "DeregisterInstance"),),
    *(("servicediscovery", "UpdateInstanceCustomHealthStatus"),),
}
# Whole stories of these are told in tests/integration; here each starts from the artefact and is at work.
TOLD_ELSEWHERE = {
    "AuditFunction",
    "BatchLaunchFunction",
    "BatchSubmitFunction",
    "BatchTrackFunction",
    "DeployGuardFunction",
    "SpotFallbackFunction",
}
NOT_IN_THE_STORY = {
    "SpotDrainFunction": INSTANCES,
    "DeployGuardExecutorFunction": OTHER_ROLLBACKS,
    "DeployGuardHookFunction": ANSWERS,
}
# The routes cannot be read once: the last good ones are asked for.
ROUTES_FAIL_ONCE = CallFault(
    "error", "ssm", "GetParameter", nth=1, code="InternalServerError", status=400
)
ROUTES = """
sinks: {hook: {type: webhook, secret: hook}}
routes: [{to: [hook, sns]}]
"""


# The story is told once a worker: keep its tests together.
pytestmark = pytest.mark.xdist_group("shipped_stack")


@dataclass(frozen=True)
class Story:
    """What happened, and where the targets are now."""

    account: Account
    stack: object
    interrupted: list
    targets_before: set
    targets_after: set

    def calls(self, function):
        """(service, operation) of every call of a function, by logical id."""
        name = self.stack.function(function).name
        calls = self.account.trace.select("call")
        return {(c["service"], c["operation"]) for c in calls if c["function"] == name}


@pytest.fixture(scope="module")
def story(artefact):
    clock = WallClock()
    with (
        FakeWebhook() as hook,
        Account(clock=clock, ecs=QUICK, faults=[ROUTES_FAIL_ONCE]) as account,
    ):
        stack = account.deploy(ROOT / "template.yaml", host="runtime_api", artefact=artefact)
        send_alerts_to(hook.url, account, stack)
        yield tell(account, stack)
    clock.close()


def tell(account, stack):
    """A service loses most of its tasks in the middle of a deployment; then a late copy arrives."""
    fill_queues(account)
    check_world(WORLD, "test").build(account)
    wait_while(lambda: TASKS - service(account)["runningCount"])
    lost = running_tasks(account)[:INTERRUPTED]
    before = {address_of(task) for task in lost} & registered(account)
    report_earlier_storms(account, stack)
    storm_of_alerts(account)
    begin_self_tests(account, stack)
    scale_and_give_back(account, stack)
    account.client("ecs").update_service(cluster="prod", service="web", forceNewDeployment=True)
    wait_while(lambda: len(service(account)["currentServiceRevisions"]) < 2)
    interrupted = account.ecs.interrupt([task["taskArn"] for task in lost])
    told = Story(account, stack, interrupted, before, set())
    wait_while(lambda: before & registered(account))
    account.put_event(hour_old_copy(account))
    order_a_rollback(account, stack)
    wake_the_others(account, stack)
    for function, payload in INVOCATIONS.items():
        account.invoke(function, payload)
    for function in FUNCTIONS:
        wait_while(lambda f=function: still_to_be_made(f, told.calls(f)))
    return Story(account, stack, interrupted, before, registered(account))


def order_a_rollback(account, stack):
    """A version without an image is deployed, and the executor is told to roll it back."""
    guard = Guard(Operations(account, stack), "guarded")
    guard.release(NO_IMAGE, image="guarded:v9")
    wait_while(lambda: sum(guard.remember().counts.values()) < 2)
    guard.send()


def wake_the_others(account, stack):
    """Each of those whose stories are told elsewhere has something to look at."""
    tick(account, stack, "SpotFallbackSchedule", "SpotFallbackQueue")
    tick(account, stack, "AuditScheduleRule", "AuditQueue")
    for queue, body in (
        ("BatchSubmitQueue", {"command": "pause", "job": "nightly"}),
        ("BatchLaunchQueue", {"batch_jobs": "pump"}),
    ):
        account.client("sqs").send_message(
            QueueUrl=stack.queue_url(queue), MessageBody=json.dumps(body)
        )
    account.put_event(json.loads((ROOT / "events" / "ecs-task-job-stopped.json").read_text()))


def send_alerts_to(url, account, stack):
    """A routes document with a sink that needs the secret."""
    account.client("secretsmanager").put_secret_value(
        SecretId=stack.ref("AlertsSecret"), SecretString=json.dumps({"hook": url})
    )
    account.client("ssm").put_parameter(
        Name=stack.ref("RoutesParameter"), Value=ROUTES, Overwrite=True
    )


def begin_self_tests(account, stack):
    """A self-test begins, and another one has looked for its alert in vain for the last time."""
    url = stack.queue_url("SelfTestQueue")
    lost = {"selftest": "look", "incident": "lost", "began": 0, "number": 99}
    for body in ({}, lost):
        account.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))


def fill_queues(account):
    """More waits than one task can do in time."""
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    for number in range(10):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    account.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)


def scale_and_give_back(account, stack):
    """A tick scales both services; the next one finds that one of them is not to be managed any more."""
    ecs, scaling = account.client("ecs"), account.client("application-autoscaling")
    tick(account, stack)
    wait_while(lambda: not policies(scaling))
    wait_while(lambda: 3 - service(account, "direct")["desiredCount"])
    ecs.tag_resource(
        resourceArn=service(account, "managed")["serviceArn"],
        tags=[{"key": "ecs-ops:scaling", "value": "metric"}],
    )
    tick(account, stack)
    wait_while(lambda: policies(scaling))


def policies(scaling):
    return scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]


def tick(account, stack, schedule="QueueScalingSchedule", queue="QueueScalingQueue"):
    """The schedule's next event, without waiting for the minute."""
    event = {
        "id": "tick",
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "account": "123456789012",
        "region": "eu-west-1",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [stack.ref(schedule)],
        "detail": {},
    }
    url = stack.queue_url(queue)
    account.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))


def storm_of_alerts(account):
    """More alerts of one incident at once than Lambda hands over."""
    sample = json.loads((ROOT / "events" / "ecs-ops-alert.json").read_text())
    for number in range(40):
        detail = sample["detail"] | {"incident": "storm", "stage": f"{number}"}
        account.put_event(sample | {"detail": detail})


def report_earlier_storms(account, stack):
    """Two storms have gone quiet, and their reports are due; one of the service itself was told."""
    for name in ("earlier-1", "earlier-2", "web"):
        arn = f"arn:aws:ecs:eu-west-1:123456789012:service/prod/{name}"
        began = int(time.time()) - 900
        account.client("dynamodb").put_item(
            TableName=stack.ref("SpotDrainTable"),
            Item={
                "pk": {"S": f"storm#{arn}"},
                "first_at": {"N": str(began)},
                "last_at": {"N": str(began + 60)},
                "expires_at": {"N": str(began + 86400)},
                "native": {"SS": ["task-1"]},
                **({"told": {"BOOL": True}} if name == "web" else {}),
            },
        )
        account.client("sqs").send_message(
            QueueUrl=stack.queue_url("SpotDrainQueue"),
            MessageBody=json.dumps({"spot_drain": "report", "service_arns": [arn]}),
        )


def hour_old_copy(account):
    """An interruption that is delivered an hour late: its address may be somebody else's by now."""
    told = next(
        entry["event"]
        for entry in account.trace.select("event")
        if entry["event"]["detail"].get("stopCode") == "SpotInterruption"
    )
    event, then = copy.deepcopy(told), datetime.fromtimestamp(time.time() - 3600, UTC).isoformat()
    event["detail"] |= {"taskArn": event["detail"]["taskArn"][:-4] + "beef", "updatedAt": then}
    return event | {"time": then}


@functools.cache
def expected_calls(function):
    """What the source of a function, and of the kernel on its behalf, can call."""
    calls = needs.calls_of(ROOT / "functions", FUNCTIONS[function].module)
    calls -= NOT_IN_THE_STORY.get(function, set())
    return calls - BACKLOG if function in NO_BACKLOG else calls


def still_to_be_made(function, made):
    """What the story still waits for: every call, or the first one."""
    expected = expected_calls(function)
    if function in TOLD_ELSEWHERE:
        return set() if made & expected else expected
    return expected - made


def service(account, name="web"):
    answer = account.client("ecs").describe_services(cluster="prod", services=[name])
    return answer["services"][0]


def running_tasks(account):
    ecs = account.client("ecs")
    arns = ecs.list_tasks(cluster="prod", serviceName="web")["taskArns"]
    return ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"]


def address_of(task):
    details = task["attachments"][0]["details"]
    return next(one["value"] for one in details if one["name"] == "privateIPv4Address")


def registered(account):
    """Targets that get requests, or will."""
    elbv2 = account.client("elbv2")
    (group,) = elbv2.describe_target_groups(Names=["web"])["TargetGroups"]
    health = elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    return {
        one["Target"]["Id"]
        for one in health["TargetHealthDescriptions"]
        if one["TargetHealth"]["State"] != "draining"
    }


def wait_while(missing):
    """Wait until nothing is missing any more."""
    ends = time.monotonic() + LIMIT_S
    while left := missing():
        assert time.monotonic() < ends, f"waited in vain for {left}"
        time.sleep(0.05)


# Releasing a claim (ecsops/claims.py): no function takes claims yet.
WITHOUT_A_CALLER = {("dynamodb", "DeleteItem")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_makes_every_call_that_its_source_can_make(story, function):
    made = story.calls(function)
    if function in TOLD_ELSEWHERE:
        assert made, "it never got as far as a call"
        assert made <= expected_calls(function)
    else:
        assert expected_calls(function) <= made
        assert made <= expected_calls(function) | NOT_IN_THE_STORY.get(function, set())


def test_together_the_functions_make_every_call_in_the_source(story):
    made = set().union(*(story.calls(function) for function in FUNCTIONS))
    rooms = [path for path in (ROOT / "functions").iterdir() if path.is_dir()]
    deployed = [room for room in rooms if room.name not in PARTLY_TOLD]
    services = needs.services(ROOT / "functions")
    in_source = set().union(*(needs.operations(room, services) for room in deployed))
    assert in_source - made == WITHOUT_A_CALLER


def test_every_room_is_opened_by_a_function():
    modules = {function.module.partition(".")[0] for function in FUNCTIONS.values()}
    rooms = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
    assert rooms - {"ecsops"} == modules


def test_the_role_of_each_function_allows_each_of_its_calls(story):
    calls = story.account.trace.select("call")
    denied = [c.fields for c in calls if "AccessDenied" in str(c["error"]) and not c["fault"]]
    assert denied == []


def test_interrupted_tasks_leave_their_target_group(story):
    assert len(story.interrupted) == len(story.targets_before) == INTERRUPTED
    assert story.targets_before.isdisjoint(story.targets_after)


def test_an_alert_reaches_the_topic(story):
    sent = [
        call["parameters"]["Subject"]
        for call in story.account.trace.select("call", service="sns", operation="Publish")
        if call["outcome"] == "ok"
    ]
    assert any("Spot took 1 task" in subject for subject in sent)


def test_no_function_fails_and_no_message_is_given_up(story):
    invocations = story.account.trace.select("invocation")
    assert {i["function"] for i in invocations} == {story.stack.function(f).name for f in FUNCTIONS}
    assert [i["error"] for i in invocations if i["error"]] == []
    assert story.account.trace.select("dead_letter") == []
