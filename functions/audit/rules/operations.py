"""OPS: will somebody see it, and is it still supported?"""

from __future__ import annotations

from audit.model.node import Unknown
from audit.model.service import Cluster, Service
from audit.model.surroundings import EventRule
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdicts, drop, failed, passed, put, rule

_DEPLOYMENT_EVENTS = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html"
)


@rule(
    "OPS-01",
    "Container Insights measures the cluster",
    on=Cluster,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-container-insights.html",
    remedy='set the cluster setting "containerInsights" to "enhanced"',
    anchors=(
        "SecurityHub:ECS.12",
        "Prowler:ecs_cluster_container_insights_enabled",
        "Checkov:CKV_AWS_65",
        "Trivy:AWS-0034",
        "KICS:ab759fde",
    ),
)
def container_insights(cluster: Cluster) -> Verdicts:
    if not cluster["settings"].given:
        raise Unknown("the settings of the cluster were not read", ("settings",))
    for setting in cluster["settings"].items():
        if setting["name"].text() != "containerInsights":
            continue
        value = setting["value"]
        if value.text() == "enhanced":
            yield passed(value)
        elif value.text() == "enabled":
            said = "containerInsights is enabled: nothing below the service is measured"
            yield failed(value, said, put(value, "enhanced"), severity=Severity.INFO)
        else:
            said = "containerInsights is disabled: CPU and memory averages are all there is"
            yield failed(value, said, put(value, "enhanced"))
        return
    yield failed(
        cluster["settings"], "containerInsights is not set: only CPU and memory averages exist"
    )


@rule(
    "OPS-02",
    "Fargate brings its patches by itself",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html",
    remedy='set "platformVersion" to "LATEST"',
    anchors=(
        "SecurityHub:ECS.10",
        "Prowler:ecs_service_fargate_latest_platform_version",
        "Checkov:CKV_AWS_332",
    ),
)
def latest_platform(service: Service) -> Verdicts:
    node = service["platformVersion"]
    if not service.strategy.fargate:
        return
    version = node.text() or "LATEST"
    newest = "1.0.0" if service.task_definition.windows else "1.4.0"
    if version == "LATEST":
        yield passed(node)
    elif version == newest:
        # Same as LATEST today; SecurityHub passes it too. The next version will not come by itself.
        said = f"platformVersion is pinned to {version}, today's newest"
        yield failed(node, said, put(node, "LATEST"), severity=Severity.INFO)
    else:
        yield failed(
            node,
            f"platformVersion is pinned to {version}, {newest} is current",
            put(node, "LATEST"),
        )


@rule(
    "OPS-03",
    "Somebody hears of a deployment that failed",
    on=Cluster,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_DEPLOYMENT_EVENTS,
    remedy='make an EventBridge rule on "ECS Deployment State Change" with SERVICE_DEPLOYMENT_FAILED',
    anchors=(),
)
def failure_is_heard(cluster: Cluster) -> Verdicts:
    node = cluster["clusterName"]
    rules = [rule for rule in cluster.graph.every(EventRule) if rule["State"].text() != "DISABLED"]
    if any(rule.matches_text("ECS Deployment State Change") for rule in rules):
        yield passed(node)
    else:
        yield failed(node, "no rule listens to ECS Deployment State Change: failures are silent")


@rule(
    "OPS-05",
    "Production has a cluster of its own",
    on=Cluster,
    severity=Severity.INFO,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html",
    remedy="move one of the environments to a cluster of its own",
    anchors=(),
)
def cluster_of_its_own(cluster: Cluster) -> Verdicts:
    cluster["clusterName"].text()
    stages = {
        stage
        for service in cluster.graph.all(Service)
        if service["clusterArn"].text() in cluster.names
        and (stage := _environment(service)) is not None
    }
    if not stages:
        return
    production = {stage for stage in stages if stage.lower().startswith("prod")}
    node = cluster["clusterName"]
    if production and stages - production:
        said = f"{' and '.join(sorted(stages))} run side by side in {cluster.label}"
        yield failed(node, said)
    else:
        yield passed(node)


def _environment(service: Service) -> str | None:
    tags = {key.lower(): value for key, value in service.tags.items()}
    return tags.get("environment") or tags.get("env") or tags.get("stage")


@rule(
    "OPS-06",
    "Nothing depends on App Mesh",
    on=TaskDefinition,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html",
    remedy='move to Service Connect, then remove "proxyConfiguration"',
    anchors=(),
)
def no_app_mesh(task: TaskDefinition) -> Verdicts:
    node = task["proxyConfiguration"]
    kind = node["type"].text()
    if node.given and (kind or "APPMESH") == "APPMESH":
        said = "proxyConfiguration is APPMESH: AWS App Mesh ended on 30 September 2026"
        yield failed(node, said, drop(node))
    else:
        yield passed(node)
