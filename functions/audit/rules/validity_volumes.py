"""VAL: volumes that RegisterTaskDefinition refuses."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, put, rule

# API reference, Volume: "may only specify a name and one of either ...".
_KINDS = (
    "configuredAtLaunch",
    "dockerVolumeConfiguration",
    "efsVolumeConfiguration",
    "s3filesVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
    "host",
)
_VOLUME = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Volume.html"


@rule(
    "VAL-11",
    "On Fargate no volume is a path of the host",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HostVolumeProperties.html",
    remedy='remove "host.sourcePath": a volume with nothing but a name is an empty folder that the task\'s '
    "containers share; use EFS for what must outlive the task",
    anchors=(),
)
def host_path(task: TaskDefinition) -> Verdicts:
    if not task.fargate or not task["volumes"].items():
        return ()
    return examine(task["volumes"].items(), _host_path, clean=task["volumes"])


def _host_path(volume: Node) -> Iterator[Verdict]:
    path = volume["host"]["sourcePath"]
    if path.given:
        yield failed(
            path,
            f"volume {_name(volume)} is {path.text()} of the host: Fargate compatible task definitions do "
            "not support sourcePath",
            drop(volume["host"]),
        )


@rule(
    "VAL-12",
    "On Fargate no volume is Docker's or FSx for Windows'",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_data_volumes.html",
    remedy='remove "dockerVolumeConfiguration": a volume with nothing but a name is shared by the task\'s '
    "containers; EFS is shared by tasks",
    anchors=(),
)
def docker_volume(task: TaskDefinition) -> Verdicts:
    if not task.fargate or not task["volumes"].items():
        return ()
    return examine(task["volumes"].items(), _not_on_fargate, clean=task["volumes"])


def _not_on_fargate(volume: Node) -> Iterator[Verdict]:
    for field in ("dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"):
        if volume[field].in_use:
            yield failed(
                volume[field],
                f"volume {_name(volume)} has {field}: Fargate compatible task definitions do not support "
                f"{field}",
                drop(volume[field]),
            )


@rule(
    "VAL-13",
    "Every volume is of one kind, and whatever is mounted exists",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_VOLUME,
    remedy='keep one configuration per volume, and let "sourceVolume" and "sourceContainer" name what this '
    "task definition has",
    anchors=(),
)
def volumes(task: TaskDefinition) -> Verdicts:
    mounted = any(
        each["mountPoints"].items() or each["volumesFrom"].items() for each in task.containers
    )
    if not task["volumes"].items() and not mounted:
        return ()
    checks = (_kinds, _mounts, _launch)
    return examine(checks, lambda check: check(task), clean=task["volumes"])


def _kinds(task: TaskDefinition) -> Iterator[Verdict]:
    seen: set[str] = set()
    for volume in task["volumes"].items():
        if _name(volume) in seen:
            yield failed(volume["name"], f"there are two volumes {_name(volume)}")
        seen.add(_name(volume))
        kinds = [kind for kind in _KINDS if volume[kind].in_use]
        if len(kinds) > 1:
            yield failed(
                volume[kinds[0]],
                f"volume {_name(volume)} has {' and '.join(kinds)}: When the volume parameter is specified, "
                "only one volume configuration type should be used",
            )


def _mounts(task: TaskDefinition) -> Iterator[Verdict]:
    names = {_name(volume) for volume in task["volumes"].items()}
    for container in task.containers:
        for mount in container["mountPoints"].items():
            if not mount["containerPath"].in_use:
                yield failed(
                    mount["containerPath"],
                    f"{container.label} mounts {mount['sourceVolume'].text()} nowhere: containerPath is "
                    "not given",
                )
            name = mount["sourceVolume"].text()
            if name is not None and name not in names:
                yield failed(
                    mount["sourceVolume"],
                    f"{container.label} mounts {name}, of which there is no volume: Unknown volume '{name}'",
                )
        yield from _borrowed(container)


def _borrowed(container: Container) -> Iterator[Verdict]:
    for source in container["volumesFrom"].items():
        name = source["sourceContainer"].text()
        if name is not None and container.task_definition.container(name) is None:
            yield failed(
                source["sourceContainer"],
                f"{container.label} takes the volumes of {name}: Invalid 'volumesFrom' setting. Unknown "
                f"container: '{name}'",
            )


def _launch(task: TaskDefinition) -> Iterator[Verdict]:
    late = [each for each in task["volumes"].items() if each["configuredAtLaunch"].flag()]
    used = {
        mount["sourceVolume"].text()
        for container in task.containers
        for mount in container["mountPoints"].items()
    }
    for volume in late:
        if _name(volume) not in used:
            yield failed(
                volume["name"],
                f"volume {_name(volume)} is configured at launch and mounted by nobody: Volumes "
                f"[{_name(volume)}] are not referenced by any of the containers",
            )
    if len(late) > 1:
        names = ", ".join(_name(each) for each in late)
        yield failed(
            late[1]["configuredAtLaunch"],
            f"{len(late)} volumes are configured at launch ({names}): only one volume configured at launch "
            "is supported",
        )


@rule(
    "VAL-19",
    "EFS volumes with authorization use transit encryption",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html",
    remedy='set "efsVolumeConfiguration.transitEncryption": "ENABLED"',
    anchors=(),
)
def efs_authorization(task: TaskDefinition) -> Verdicts:
    volumes = [
        each["efsVolumeConfiguration"]
        for each in task["volumes"].items()
        if each["efsVolumeConfiguration"].given
    ]
    if not volumes:
        return ()
    return examine(volumes, _unencrypted, clean=task["volumes"])


def _unencrypted(efs: Node) -> Iterator[Verdict]:
    point, authorization = efs["authorizationConfig"]["accessPointId"], efs["authorizationConfig"]
    root = efs["rootDirectory"].text()
    if point.given and root not in (None, "", "/"):
        yield failed(
            efs["rootDirectory"],
            f"rootDirectory is {root}: When using an EFS access point, the root directory must either be "
            'set to "/" or be omitted',
            drop(efs["rootDirectory"]),
        )
    encryption = efs["transitEncryption"]
    if encryption.text() == "ENABLED":
        return
    state = "DISABLED" if encryption.given else "not given, which means DISABLED"
    if authorization["iam"].text() == "ENABLED":
        answer = "EFS IAM authorization requires TransitEncryption to be enabled"
    elif point.given:
        answer = "EFS access points require TransitEncryption to be enabled"
    elif efs["transitEncryptionPort"].given:
        answer = "TransitEncryptionPort requires that TransitEncryption is enabled"
    else:
        return
    yield failed(encryption, f"transitEncryption is {state}: {answer}", put(encryption, "ENABLED"))


def _name(volume: Node) -> str:
    return volume["name"].text() or "without a name"
