"""SEC: roles, encryption, shells into containers and plain HTTP."""

from __future__ import annotations

from audit.model import policy
from audit.model.load_balancing import Listener, LoadBalancer
from audit.model.node import Unknown
from audit.model.service import Cluster, Service
from audit.model.surroundings import Role
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_ROLES = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html"
_SECRETS = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html"
)
# With these a process in the container can put another image in its own place (and its role in another's).
_OWN_DEPLOYMENT = ("ecs:RegisterTaskDefinition", "ecs:UpdateService", "iam:PassRole")


@rule(
    "SEC-02",
    "Secrets of another Region are named by their whole ARN",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.SECURITY,
    source=_SECRETS,
    remedy='set "valueFrom" to the ARN of the secret; a plain name means the Parameter Store of the '
    "task's own Region",
    anchors=(),
)
def whole_arn(container: Container) -> Verdicts:
    for secret in container["secrets"].items():
        node = secret["valueFrom"]
        source = node.text() or ""
        if source.startswith("arn:"):
            yield passed(node)
        else:
            yield failed(
                node,
                f"{container.label}: the secret {secret['name'].text()} comes from {source}, which is a "
                "parameter of whatever Region the task runs in",
            )


@rule(
    "SEC-06",
    "The application's role is not the one that starts the task",
    on=TaskDefinition,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source=_ROLES,
    remedy='make a role of its own for "taskRoleArn": the execution role can read every secret and image',
    anchors=("Checkov:CKV_AWS_249",),
)
def roles_apart(task: TaskDefinition) -> Verdicts:
    own, starts = task["taskRoleArn"], task["executionRoleArn"]
    if own.missing or starts.missing:
        return
    if own.text() == starts.text():
        yield failed(own, f"taskRoleArn and executionRoleArn are both {own.text()}")
    else:
        yield passed(own)


def _role(task: TaskDefinition, field: str) -> Role | None:
    name = task[field].text()
    return task.graph.find(Role, name) if name else None


@rule(
    "SEC-07",
    "No role of the task may do everything",
    on=TaskDefinition,
    severity=Severity.HIGH,
    profile=Profile.SECURITY,
    source=_ROLES,
    remedy="attach a policy with the actions and resources that the application needs",
    anchors=(),
)
def not_administrator(task: TaskDefinition) -> Verdicts:
    for field in ("taskRoleArn", "executionRoleArn"):
        role = _role(task, field)
        if role is None:
            continue
        found = policy.administrator(role)
        if found is None:
            unread = policy.unread(role)
            if unread:
                raise Unknown(f"what {', '.join(unread)} of role {role.label} allows was not read")
            yield passed(task[field])
        else:
            yield failed(
                found, f"{role.label} ({field}) may do everything in this account", place=role
            )


@rule(
    "SEC-08",
    "The application cannot deploy itself",
    on=TaskDefinition,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source=_ROLES,
    remedy="take ecs:RegisterTaskDefinition, ecs:UpdateService and iam:PassRole from the task role",
    anchors=(),
)
def cannot_deploy_itself(task: TaskDefinition) -> Verdicts:
    role = _role(task, "taskRoleArn")
    if role is None:
        return
    granted = [action for action in _OWN_DEPLOYMENT if policy.granting(role, action)]
    if len(granted) == len(_OWN_DEPLOYMENT):
        yield failed(
            task["taskRoleArn"],
            f"{role.label} allows {', '.join(granted)}: whoever gets into a container can replace it "
            "with an image of his own",
        )
    elif not policy.known_completely(role):
        raise Unknown(f"the attached policies of {role.label} were not read")
    else:
        yield passed(task["taskRoleArn"])


@rule(
    "SEC-10",
    "EFS volumes are encrypted on the way",
    on=TaskDefinition,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-best-practices.html",
    remedy='set "efsVolumeConfiguration.transitEncryption" to "ENABLED"',
    anchors=("SecurityHub:ECS.18", "Checkov:CKV_AWS_97", "Trivy:AWS-0035", "KICS:4d46ff3b"),
)
def encrypted_on_the_way(task: TaskDefinition) -> Verdicts:
    for volume in task["volumes"].items():
        if not volume["efsVolumeConfiguration"].given:
            continue
        node = volume["efsVolumeConfiguration"]["transitEncryption"]
        if node.text() == "ENABLED":
            yield passed(node)
        else:
            said = f"volume {volume['name'].text()} reaches EFS in plain text"
            yield failed(node, said, put(node, "ENABLED"))


@rule(
    "SEC-12",
    "Nobody opens a shell in production unrecorded",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    remedy='set "enableExecuteCommand" to false; where it is needed, "executeCommandConfiguration.logging" '
    'of the cluster to "OVERRIDE" with a log group',
    anchors=("Checkov:CKV_AWS_223", "Checkov:CKV_AWS_224"),
)
def shells(service: Service) -> Verdicts:
    node = service["enableExecuteCommand"]
    if not node.flag():
        yield passed(node)
    elif _unrecorded(service.cluster):
        yield failed(
            node,
            f"enableExecuteCommand is true, and {service.cluster.label} logs no session",
            severity=Severity.MEDIUM,
        )
    elif service.production:
        yield failed(node, "enableExecuteCommand is true in production", put(node, False))
    else:
        yield passed(node)


def _unrecorded(cluster: Cluster) -> bool:
    settings = cluster["configuration"]["executeCommandConfiguration"]
    return settings["logging"].text() == "NONE"


@rule(
    "SEC-13",
    "Nothing on the internet is served over plain HTTP",
    on=LoadBalancer,
    severity=Severity.HIGH,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html",
    remedy="make an HTTPS listener, and let the HTTP listener redirect to it",
    anchors=(),
)
def plain_http(balancer: LoadBalancer) -> Verdicts:
    if balancer["Scheme"].text() != "internet-facing":
        return
    if (balancer["Type"].text() or "application") != "application":
        return
    listeners = [
        each
        for each in balancer.graph.all(Listener)
        if each["LoadBalancerArn"].text() in balancer.names
    ]
    for listener in listeners:
        actions = {each["Type"].text() for each in listener["DefaultActions"].items()}
        if listener["Protocol"].text() == "HTTP" and "redirect" not in actions:
            yield failed(
                listener["Protocol"],
                f"port {listener['Port'].text()} of {balancer.label} serves the internet over HTTP",
                place=listener,
            )
        else:
            yield passed(balancer["Scheme"])
