from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_VOLUME = "volumes[0]"
_EFS = f"{_VOLUME}.efsVolumeConfiguration"
_ON_EFS = ((TaskDefinition, _EFS, {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}),)
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)

CASES = [
    Case(
        "VAL-11",
        ((TaskDefinition, f"{_VOLUME}.host", {"sourcePath": "/var/logs"}),),
        given=((TaskDefinition, f"{_VOLUME}.host", {}),),
        at=f"{_VOLUME}.host.sourcePath",
        says="volume scratch is /var/logs of the host: Fargate compatible task definitions do not support",
    ),
    Case(
        "VAL-12",
        ((TaskDefinition, f"{_VOLUME}.dockerVolumeConfiguration", {"scope": "task"}),),
        at=f"{_VOLUME}.dockerVolumeConfiguration",
        says="Fargate compatible task definitions do not support dockerVolumeConfiguration",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, f"{_VOLUME}.dockerVolumeConfiguration", {"scope": "shared"}),),
        given=(*_ON_EC2, (TaskDefinition, f"{_VOLUME}.host", {"sourcePath": "/var/logs"})),
        at=f"{_VOLUME}.dockerVolumeConfiguration",
        says="volume scratch has dockerVolumeConfiguration and host: When the volume parameter is",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, f"{_APP}.mountPoints[0].sourceVolume", "data"),),
        at=f"{_APP}.mountPoints[0].sourceVolume",
        says="app mounts data, of which there is no volume: Unknown volume 'data'",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, f"{_APP}.volumesFrom[0].sourceContainer", "router"),),
        given=((TaskDefinition, f"{_APP}.volumesFrom", [{"sourceContainer": "agent"}]),),
        at=f"{_APP}.volumesFrom[0].sourceContainer",
        says="Invalid 'volumesFrom' setting. Unknown container: 'router'",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, f"{_APP}.mountPoints", []),),
        given=((TaskDefinition, f"{_VOLUME}.configuredAtLaunch", True),),
        at=f"{_VOLUME}.name",
        says="Volumes [scratch] are not referenced by any of the containers",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, "volumes[1].configuredAtLaunch", True),),
        given=(
            (TaskDefinition, f"{_VOLUME}.configuredAtLaunch", True),
            (TaskDefinition, "volumes[1]", {"name": "more"}),
            (
                TaskDefinition,
                f"{_APP}.mountPoints[1]",
                {"sourceVolume": "more", "containerPath": "/more"},
            ),
        ),
        at="volumes[1].configuredAtLaunch",
        says="2 volumes are configured at launch (scratch, more): only one volume configured at launch",
    ),
    Case(
        "VAL-19",
        ((TaskDefinition, f"{_EFS}.transitEncryption", REMOVED),),
        given=(*_ON_EFS, (TaskDefinition, f"{_EFS}.authorizationConfig", {"iam": "ENABLED"})),
        at=f"{_EFS}.transitEncryption",
        says="transitEncryption is not given, which means DISABLED: EFS IAM authorization requires",
    ),
    Case(
        "VAL-19",
        ((TaskDefinition, f"{_EFS}.transitEncryption", "DISABLED"),),
        given=(*_ON_EFS, (TaskDefinition, f"{_EFS}.transitEncryptionPort", 2999)),
        at=f"{_EFS}.transitEncryption",
        says="TransitEncryptionPort requires that TransitEncryption is enabled",
    ),
    Case(
        "VAL-19",
        ((TaskDefinition, f"{_EFS}.transitEncryption", "DISABLED"),),
        given=(
            *_ON_EFS,
            (TaskDefinition, f"{_EFS}.authorizationConfig", {"accessPointId": "fsap-1"}),
        ),
        at=f"{_EFS}.transitEncryption",
        says="EFS access points require TransitEncryption to be enabled",
    ),
    Case(
        "VAL-19",
        ((TaskDefinition, f"{_EFS}.rootDirectory", "/data"),),
        given=(
            *_ON_EFS,
            (TaskDefinition, f"{_EFS}.authorizationConfig", {"accessPointId": "fsap-1"}),
            (TaskDefinition, f"{_EFS}.rootDirectory", "/"),
        ),
        at=f"{_EFS}.rootDirectory",
        says="rootDirectory is /data: When using an EFS access point, the root directory must either be",
    ),
]
