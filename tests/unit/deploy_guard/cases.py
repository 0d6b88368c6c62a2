"""What ECS says in each case of the catalogue, in our own words and numbers: (cause, text)."""

from tests.unit.deploy_guard.builders import IMAGE, REGISTRY, SECRET, TARGET_GROUP

PULL = "CannotPullContainerError: "
INIT = "ResourceInitializationError: "
EFS = INIT + "failed to invoke EFS utils commands to set up EFS volumes: stderr: "

TASK_TEXTS = [
    ("IMAGE_RATE_LIMIT", f"{PULL}toomanyrequests: You have reached your pull rate limit"),
    ("IMAGE_RATE_LIMIT", f"{PULL}failed to copy: unexpected status code 429 Too Many Requests"),
    ("IMAGE_DISK", f"{PULL}write /var/lib/layer.tar: no space left on device"),
    ("IMAGE_FORMAT", f"{PULL}failed to extract layer sha256:0c: no processor for media-type: x"),
    ("IMAGE_ARCH", f"{PULL}image Manifest does not contain descriptor matching platform 'linux'"),
    ("IMAGE_ARCH", "CannotStartContainerError: exec /app: exec format error"),
    ("IMAGE_AUTH", f"{PULL}pull access denied for web, repository does not exist or may require"),
    ("IMAGE_AUTH", f"{PULL}failed to resolve ref {IMAGE}: unexpected status: 403 Forbidden"),
    ("IMAGE_AUTH", f"{PULL}Head https://{REGISTRY}/v2: no basic auth credentials"),
    ("IMAGE_AUTH", f"{PULL}The task's role has the permissions to pull? Check it."),
    (
        "IMAGE_AUTH",
        (
            f"{INIT}unable to pull secrets or registry auth: unable to retrieve ecr registry auth: "
            "AccessDeniedException: not authorized to perform: ecr:GetAuthorizationToken"
        ),
    ),
    ("IMAGE_NETWORK", f"{PULL}failed to resolve ref {IMAGE}: dial tcp 10.0.0.1:443: i/o timeout"),
    ("IMAGE_NETWORK", f"{PULL}net/http: request canceled while waiting for connection"),
    ("IMAGE_NETWORK", f"{PULL}ref pull has been retried 1 time(s): failed to copy: httpReadSeeker"),
    (
        "IMAGE_NETWORK",
        (
            f"{INIT}unable to pull secrets or registry auth: unable to retrieve ecr registry auth: "
            "RequestError: send request failed: dial tcp 10.0.0.1:443: i/o timeout"
        ),
    ),
    (
        "IMAGE_NETWORK",
        (
            f"{INIT}unable to pull secrets or registry auth: The task cannot pull registry auth from "
            "Amazon ECR: There is a connection issue between the task and Amazon ECR."
        ),
    ),
    ("IMAGE_NOT_FOUND", f'{PULL}failed to resolve ref "{IMAGE}": {IMAGE}: not found'),
    ("IMAGE_STABILITY", f"{PULL}failed to resolve ref {IMAGE}@sha256:0c1d: not found"),
    ("IMAGE_NOT_FOUND", f"{PULL}failed to resolve ref {IMAGE}: {IMAGE}: not found"),
    ("IMAGE_NOT_FOUND", f"{PULL}manifest for {IMAGE} not found: manifest unknown"),
    ("IMAGE_NOT_FOUND", f"{PULL}failed to resolve ref {REGISTRY}/web:403: not found"),
    ("IMAGE_PULL", f"{PULL}failed to resolve ref {IMAGE}: unexpected status from HEAD req"),
    (
        "SECRET_NETWORK",
        (
            f"{INIT}unable to pull secrets or registry auth: unable to retrieve secret from asm: "
            "context deadline exceeded"
        ),
    ),
    (
        "SECRET_MISSING",
        (
            f"Fetching secret data from AWS Secrets Manager in region eu-west-1: secret {SECRET}: "
            "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        ),
    ),
    (
        "SECRET_MISSING",
        (
            f"{INIT}unable to pull secrets or registry auth: unable to retrieve secrets from ssm: "
            "invalid parameters: /prod/db"
        ),
    ),
    ("SECRET_MISSING", f"{INIT}retrieved secret from asm did not contain json key password"),
    (
        "SECRET_DENIED",
        (
            f"{INIT}unable to pull secrets or registry auth: unable to retrieve secret from asm: "
            f"AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue on {SECRET}"
        ),
    ),
    ("LOG_NETWORK", f"{INIT}failed to initialize logging driver: dial tcp: lookup logs.eu-west-1"),
    ("LOG_NETWORK", f"{INIT}failed to create the logging driver: i/o timeout"),
    ("LOG_NETWORK", f"{INIT}failed to validate logger args: : signal: killed"),
    (
        "LOG_NETWORK",
        (
            f"{INIT}The task cannot find the Amazon CloudWatch log group /ecs/web. There is a connection "
            "issue between the task and Amazon CloudWatch."
        ),
    ),
    ("LOG_GROUP", f"{INIT}failed to validate logger args: AccessDeniedException"),
    ("LOG_GROUP", f"{INIT}failed to initialize logging driver: ResourceNotFoundException"),
    ("LOG_GROUP", f"{INIT}The task cannot find the Amazon CloudWatch log group: /ecs/web."),
    ("EFS_NETWORK", f'{EFS}Failed to resolve "fs-0123.efs.eu-west-1.amazonaws.com"'),
    ("EFS_NETWORK", f"{EFS}mount.nfs4: Connection timed out"),
    ("EFS", f"{EFS}mount.nfs4: access denied by server while mounting 127.0.0.1:/"),
    ("EFS", f"{EFS}mount.nfs4: mounting fs-0123:/data failed: No such file or directory"),
    ("ENI_IP", "Unexpected EC2 error: InsufficientFreeAddressesInSubnet for subnet-0a1b"),
    ("ENI_TIMEOUT", "Timeout waiting for network interface provisioning to complete."),
    ("ENI_TIMEOUT", "InternalError: something failed on our side"),
    ("ROLE_ASSUME", "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/exec'"),
    ("CAPACITY_FARGATE", "Capacity is unavailable at this time. Please try again later."),
    ("PLACEMENT", "No Container Instances were found in your capacity provider."),
    ("PLACEMENT", "TaskFailedToStart: EMPTY CAPACITY PROVIDER"),
    ("PORT_TAKEN", "CannotStartContainerError: bind for 0.0.0.0:8080: port is already allocated"),
    ("RUNTIME_TIMEOUT", "ContainerRuntimeTimeoutError: could not transition to running after 1m"),
    ("RUNTIME_TIMEOUT", "DockerTimeoutError: could not transition to started after 3m"),
    ("OOM", "OutOfMemoryError: container killed due to memory usage"),
    (
        "ENTRYPOINT_NOT_FOUND",
        'CannotStartContainerError: OCI runtime: exec: "serve": executable file not found in $PATH',
    ),
    (
        "ENTRYPOINT_NOT_EXEC",
        'CannotStartContainerError: OCI runtime: exec: "/run.sh": permission denied',
    ),
    ("ELB_HEALTH", f"Task failed ELB health checks in (target-group {TARGET_GROUP})"),
    ("CONTAINER_HEALTH", "Task failed container health checks"),
]
SERVICE_TEXTS = [
    (
        "HOOK_BAD_RESPONSE",
        (
            "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. ECS was "
            "unable to parse the response from arn:aws:lambda:eu-west-1:123456789012:function:gate."
        ),
    ),
    (
        "HOOK_PERMISSION",
        (
            "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. ECS was "
            "unable to assume role arn:aws:iam::123456789012:role/hooks"
        ),
    ),
    (
        "HOOK_FAILED",
        (
            "Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle "
            "hook target arn:aws:lambda:eu-west-1:123456789012:function:gate returned FAILED status."
        ),
    ),
    ("HOOK_FAILED", "HOOK_TIMED_OUT POST_TEST_TRAFFIC_SHIFT"),
    ("HOOK_FAILED", "HOOK_EXECUTION_FAILURE: One or more of the lifecycle event hooks failed."),
    ("BG_NETWORK", "Service deployment rolled back because of invalid networking configuration."),
    ("ALARM", "ALARM_ACTIVE: One or more alarms have been activated. Activated alarms: <errors>"),
    ("ALARM", "(service web) (deployment ecs-svc/42) deployment failed: alarm detected."),
    (
        "LIMITS",
        (
            "service web was unable to stop or start tasks during a deployment because of the service "
            "deployment configuration."
        ),
    ),
    ("DIGEST", "ECS could not resolve the image digest of web:v9."),
    ("NO_CANDIDATE", "No rollback candidate was found to run the rollback."),
    ("PLACEMENT", "RESOURCE:MEMORY"),
    ("PLACEMENT", "ATTRIBUTE:ecs.instance-type"),
    ("PLACEMENT", "AGENT"),
    (
        "PLACEMENT",
        (
            "service web was unable to place a task because no container instance met all of its "
            "requirements."
        ),
    ),
    ("CAPACITY_FARGATE", "RESOURCE:FARGATE"),
    ("CAPACITY_FARGATE", "service web was unable to place a task. Capacity is unavailable."),
    ("ENI_IP", "service web: InsufficientFreeAddressesInSubnet"),
    ("ROLE_ASSUME", "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/exec'"),
    ("ELB_HEALTH", "service web (port 80) is unhealthy in target-group web due to (reason ...)"),
    (
        "ELB_HEALTH",
        (
            f"(service web) (task 0c1d) (port 80) is unhealthy in (target-group {TARGET_GROUP}) due to "
            "(reason Request timed out)."
        ),
    ),
    ("CONTAINER_HEALTH", "(service web) (task 0c1d) failed container health checks."),
]
# No cause by themselves: they say that something ended, began or goes well.
NO_CAUSE = [
    "ECS deployment ecs-svc/42 completed.",
    "ECS deployment ecs-svc/42 in progress.",
    "ECS deployment circuit breaker: tasks failed to start.",
    "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/41.",
    "Service deployment rolled back because the circuit breaker threshold was exceeded.",
    "service web has reached a steady state.",
    "(service web) has stopped 2 running tasks",
    "(service web) rolling back to deployment ecs-svc/41",
]
EXIT_CODES = [
    ("CLEAN_EXIT", 0),
    ("APP_EXIT", 1),
    ("APP_EXIT", 255),
    ("ENTRYPOINT_NOT_EXEC", 126),
    ("ENTRYPOINT_NOT_FOUND", 127),
    ("KILLED", 137),
    ("SEGFAULT", 139),
    ("SIGTERM", 143),
]
