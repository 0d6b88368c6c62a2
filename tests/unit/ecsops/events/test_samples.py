"""Every sample parses with its reader, and the readers see what the samples say."""

from __future__ import annotations

import json
import re

import pytest

from ecsops.arns import parse_arn, region_of_instance, zone_of_instance
from ecsops.events.alarm import AlarmStateChange
from ecsops.events.autoscaling import LaunchUnsuccessful, read_lifecycle_action
from ecsops.events.cloudtrail import ApiCall
from ecsops.events.codedeploy import CodeDeployStateChange
from ecsops.events.container_instance import ContainerInstanceStateChange
from ecsops.events.deployment import DeploymentStateChange
from ecsops.events.ec2_instance import InstanceNotice
from ecsops.events.envelope import epoch, read_document
from ecsops.events.health import TASK_RETIREMENT, HealthEvent
from ecsops.events.hook import HookInvocation, HookStateChange
from ecsops.events.service_action import ServiceAction
from tests.unit.ecsops.events.sample_events import (
    SAMPLES,
    detail_of,
    event_of,
    is_event,
    load,
    reader_of,
)

INSTANCE = "i-0c9b8a7d6e5f40312"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_parses_with_its_reader(path):
    body = path.read_text()
    reader = reader_of(json.loads(body))
    assert reader is not None, "no reader knows this kind of event"
    reader(body)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_named_in_kebab_case_and_belongs_to_nobody(path):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem)
    assert set(re.findall(r":(\d{12}):", path.read_text())) <= {"123456789012"}


def test_the_events_that_eventbridge_delivers_have_ids_of_their_own():
    documents = [json.loads(path.read_text()) for path in SAMPLES]
    ids = [document["id"] for document in documents if is_event(document)]
    assert len(set(ids)) == len(ids)


def test_a_placement_failure_names_the_provider_that_ran_dry():
    action = detail_of("ecs-service-action-placement-failure-fargate-spot", ServiceAction)
    assert action.event_name == "SERVICE_TASK_PLACEMENT_FAILURE"
    assert action.reason == "RESOURCE:FARGATE"
    [provider] = action.capacity_provider_arns
    assert parse_arn(provider).name == "FARGATE_SPOT"


def test_an_impaired_start_has_no_reason():
    assert detail_of("ecs-service-action-task-start-impaired", ServiceAction).reason is None


def test_the_service_of_a_deployment_is_the_events_resource():
    event = event_of("ecs-deployment-failed")
    [service] = event.resources
    assert parse_arn(service).name == "web"
    assert detail_of("ecs-deployment-failed", DeploymentStateChange).event_type == "ERROR"


def test_a_rollback_completes_with_the_old_deployments_id():
    begun = detail_of("ecs-deployment-in-progress", DeploymentStateChange)
    ended = detail_of("ecs-deployment-rollback-completed", DeploymentStateChange)
    assert ended.event_name == "SERVICE_DEPLOYMENT_COMPLETED"
    assert ended.deployment_id != begun.deployment_id


def test_a_hooks_times_carry_nanoseconds():
    hook = detail_of("ecs-hook-awaiting-action", HookStateChange)
    assert epoch(hook.expires_at) - epoch(hook.updated_at) == pytest.approx(86_400)


def test_a_target_weight_of_zero_means_rollback():
    invocation = read_document(json.dumps(load("ecs-hook-invocation-rollback")), HookInvocation)
    details = invocation.execution_details
    assert details.production_traffic_weights[details.target_service_revision_arn] == 0


def test_a_container_instance_names_its_ec2_instance():
    change = detail_of("ecs-container-instance-state-change", ContainerInstanceStateChange)
    assert (change.ec2_instance_id, change.status, change.version) == (INSTANCE, "DRAINING", 14)


def test_the_region_of_a_spot_warning_is_not_in_its_arn():
    event = event_of("ec2-spot-interruption-warning")
    arn = parse_arn(event.resources[0])
    assert arn.region != event.region == region_of_instance(arn)
    assert zone_of_instance(arn) == "eu-west-1b"


@pytest.mark.parametrize(
    ("sample", "action", "state"),
    [
        ("ec2-spot-interruption-warning", "terminate", None),
        ("ec2-rebalance-recommendation", None, None),
        ("ec2-instance-state-change", None, "shutting-down"),
    ],
)
def test_every_notice_names_the_instance(sample, action, state):
    assert detail_of(sample, InstanceNotice) == InstanceNotice(INSTANCE, action, state)


def test_a_lifecycle_hook_reads_the_same_with_and_without_the_envelope():
    enveloped = read_lifecycle_action(event_of("asg-terminate-lifecycle-action").detail)
    direct = read_lifecycle_action(json.dumps(load("asg-lifecycle-direct-to-queue")))
    assert enveloped.lifecycle_action_token == direct.lifecycle_action_token
    assert enveloped.ec2_instance_id == direct.ec2_instance_id == INSTANCE
    assert enveloped.notification_metadata == "cluster=prod"


def test_the_test_notification_of_a_hook_is_nothing_to_act_on():
    assert read_lifecycle_action(json.dumps(load("asg-lifecycle-test-notification"))) is None


def test_a_failed_launch_says_why():
    launch = detail_of("asg-launch-unsuccessful", LaunchUnsuccessful)
    assert "UnfulfillableCapacity" in launch.status_message


def test_a_retirement_names_services_and_tasks():
    health = detail_of("health-task-retirement", HealthEvent)
    assert health.event_type_code == TASK_RETIREMENT
    assert next(entity.entity_value for entity in health.affected_entities) == "prod|web"
    assert health.event_arn.startswith("arn:aws:health:")


def test_a_codedeploy_state_is_not_the_apis_status():
    assert detail_of("codedeploy-deployment-state-change", CodeDeployStateChange).state == "FAILURE"


def test_an_alarm_knows_its_state_before_and_after():
    alarm = detail_of("cloudwatch-alarm-state-change", AlarmStateChange)
    assert (alarm.previous_state.value, alarm.state.value) == ("OK", "ALARM")


def test_a_run_task_without_capacity_is_a_call_with_failures():
    call = detail_of("cloudtrail-run-task-failures", ApiCall)
    assert call.error_code is None
    assert call.failures[0]["reason"].startswith("Capacity is unavailable")


@pytest.mark.parametrize("answer", [None, {}, {"failures": None}, {"failures": [None, "x"]}])
def test_a_call_without_failures_has_none(answer):
    assert ApiCall("RunTask", response_elements=answer).failures == ()
