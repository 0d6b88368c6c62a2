"""What scales services: targets, policies, and the alarms that drive steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from audit.collect.reads import Document, Found, Reads, each
from audit.model.scaling import Alarm, ScalableTarget, ScalingPolicy
from ecsops.parallel import chunks

# API reference: DescribeScalableTargets takes 50 ids, DescribeAlarms 100 names.
_IDS, _NAMES = 50, 100
# More services than this, and all targets of the account come in fewer calls than those of each.
_FEW = 20


class ScalingReader:
    """Reads Application Auto Scaling, and CloudWatch's alarms."""

    def __init__(self, application_autoscaling: Any, cloudwatch: Any, reads: Reads) -> None:
        """Ask these clients."""
        self.application_autoscaling = application_autoscaling
        self.cloudwatch = cloudwatch
        self._reads = reads

    def targets(self, resource_ids: Sequence[str]) -> Found:
        """The scalable targets of these services, or of all if they are many."""
        few = chunks(resource_ids, _IDS) if len(resource_ids) <= _FEW else [()]
        return each(ScalableTarget, [partial(self._targets, part) for part in few])

    def _targets(self, ids: Sequence[str]) -> Iterable[Document]:
        wanted = {"ResourceIds": list(ids)} if ids else {}
        pages = self.application_autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="ecs", **wanted
        )
        return self._read("DescribeScalableTargets", pages, "ScalableTargets")

    def policies(self, resource_ids: Sequence[str]) -> Found:
        """The policies of these services, or of all if they are many."""
        few = list(resource_ids) if len(resource_ids) <= _FEW else [""]
        return each(ScalingPolicy, [partial(self._policies, one) for one in few])

    def _policies(self, resource_id: str) -> Iterable[Document]:
        wanted = {"ResourceId": resource_id} if resource_id else {}
        pages = self.application_autoscaling.get_paginator("describe_scaling_policies").paginate(
            ServiceNamespace="ecs", **wanted
        )
        return self._read("DescribeScalingPolicies", pages, "ScalingPolicies")

    def alarms(self, policies: Iterable[Document]) -> Found:
        """The alarms of step scaling policies; those of target tracking say nothing that policies do not."""
        names = [
            alarm["AlarmName"]
            for policy in policies
            if policy.get("PolicyType") == "StepScaling"
            for alarm in policy.get("Alarms", ())
        ]
        return each(Alarm, [partial(self._alarms, part) for part in chunks(names, _NAMES)])

    def _alarms(self, names: Sequence[str]) -> Iterable[Document]:
        answer = self._reads.one(
            "cloudwatch:DescribeAlarms",
            lambda: self.cloudwatch.describe_alarms(
                AlarmNames=list(names), AlarmTypes=["MetricAlarm"], MaxRecords=_NAMES
            ),
        )
        return list(answer["MetricAlarms"])

    def _read(self, operation: str, pages: Iterable[Any], key: str) -> list[Document]:
        return self._reads.pages(f"application-autoscaling:{operation}", pages, key)
