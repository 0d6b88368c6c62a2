"""The checks of ECS that other tools have, by the id that a rule of ours names as its anchor.

Security Hub: "Security Hub controls for Amazon ECS" (ECS.1 was retired in March 2026; 6, 7 and 11 are not
used). Prowler 5, Checkov, Trivy, cfn-lint and KICS (the first part of the query's id): their rules' own
folders. Read in 2026-09.
"""

OTHER_TOOLS: dict[str, dict[str, str]] = {
    "SecurityHub": {
        "ECS.2": "services assign no public addresses",
        "ECS.3": "the host's process namespace is not shared",
        "ECS.4": "containers are not privileged",
        "ECS.5": "root file systems are read-only",
        "ECS.8": "three names of AWS credentials are not in the environment",
        "ECS.9": "task definitions have a log configuration",
        "ECS.10": "Fargate services run on the latest platform version",
        "ECS.12": "clusters use Container Insights",
        "ECS.13": "services are tagged",
        "ECS.14": "clusters are tagged",
        "ECS.15": "task definitions are tagged",
        "ECS.16": "task sets assign no public addresses",
        "ECS.17": "network mode is not host",
        "ECS.18": "EFS volumes are encrypted in transit",
        "ECS.19": "capacity providers have managed termination protection",
        "ECS.20": "Linux containers do not run as root",
        "ECS.21": "Windows containers do not run as administrator",
    },
    "Prowler": {
        "ecs_cluster_container_insights_enabled": "clusters use Container Insights",
        "ecs_service_fargate_latest_platform_version": "services run on the latest platform version",
        "ecs_service_no_assign_public_ip": "services assign no public addresses",
        "ecs_task_set_no_assign_public_ip": "task sets assign no public addresses",
        "ecs_task_definitions_containers_readonly_access": "root file systems are read-only",
        "ecs_task_definitions_host_namespace_not_shared": "the host's process namespace is not shared",
        "ecs_task_definitions_host_networking_mode_users": "no root in network mode host",
        "ecs_task_definitions_logging_block_mode": "logging does not block",
        "ecs_task_definitions_logging_enabled": "containers have a log configuration",
        "ecs_task_definitions_no_environment_secrets": "no secrets in the environment",
        "ecs_task_definitions_no_privileged_containers": "containers are not privileged",
    },
    "Checkov": {
        "CKV_AWS_65": "clusters use Container Insights",
        "CKV_AWS_97": "EFS volumes are encrypted in transit",
        "CKV_AWS_223": "ECS Exec is logged",
        "CKV_AWS_224": "ECS Exec's log is encrypted with a key of one's own",
        "CKV_AWS_249": "execution role and task role differ",
        "CKV_AWS_332": "services run on the latest platform version",
        "CKV_AWS_333": "services assign no public addresses",
        "CKV_AWS_334": "containers are not privileged",
        "CKV_AWS_335": "the host's process namespace is not shared",
        "CKV_AWS_336": "root file systems are read-only",
    },
    "Trivy": {
        "AWS-0034": "clusters use Container Insights",
        "AWS-0035": "EFS volumes are encrypted in transit",
        "AWS-0036": "no secrets in the environment",
    },
    "cfn-lint": {
        "E3002": "the properties exist",
        "E3012": "values have the right type",
        "E3030": "values are of the set that is allowed",
        "E3042": "a container is essential",
        "E3044": "Fargate services are replicas",
        "E3046": "awslogs has its options",
        "E3047": "Fargate has the task's size",
        "E3048": "a Fargate task has what Fargate requires",
        "E3049": "with dynamic ports the health check uses the traffic port",
        "E3052": "awsvpc has a network configuration",
        "E3053": "in awsvpc host port and container port are the same",
        "E3054": "a Fargate service's task definition is fit for Fargate",
        "E3713": "Fargate has the log driver",
    },
    "KICS": {
        "027a4b7a": "network mode is awsvpc",
        "4d46ff3b": "EFS volumes are encrypted in transit",
        "ab759fde": "clusters use Container Insights",
        "d24389b4": "task definitions have a health check",
    },
}
