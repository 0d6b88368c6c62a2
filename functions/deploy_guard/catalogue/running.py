"""The task ran, and did not stay: it exited, was killed, or failed its health checks."""

from __future__ import annotations

from deploy_guard.catalogue.cause import Cause

CAUSES = (
    Cause(
        id="OOM",
        blame="app",
        says="out of memory",
        fix="Raise the memory of the container and the task, or find out why it needs more than before.",
        # Seen with exit code 1 as well as 137: the container's reason decides, not the code.
        task=(r"outofmemory",),
    ),
    Cause(
        id="ENTRYPOINT_NOT_FOUND",
        blame="release",
        says="the command is not in the image",
        fix="Correct command or entryPoint, or the path in the image.",
        deterministic=True,
        task=(r"cannotstart.*(?:executable file not found|no such file or directory)",),
        exit_codes=(127,),
        subject=r"exec: \\?\"([^\"\\]{1,200})",
    ),
    Cause(
        id="ENTRYPOINT_NOT_EXEC",
        blame="release",
        says="the command is not executable",
        fix="Set the executable bit in the image (chmod +x), and check its first line (#!).",
        deterministic=True,
        task=(r"cannotstart.*permission denied",),
        exit_codes=(126,),
        subject=r"exec: \\?\"([^\"\\]{1,200})",
    ),
    Cause(
        id="ELB_HEALTH",
        blame="app",
        says="load balancer health checks fail",
        fix=(
            "Compare path, port and expected codes of the health check with what the container "
            "answers, and the grace period with its boot time."
        ),
        task=(r"failed (?:elb|vpc lattice) health checks?",),
        service=(r"unhealthy in \(?target-group|failed elb health checks?",),
        subject=r"target-group ([^\s),]+)",
    ),
    Cause(
        id="CONTAINER_HEALTH",
        blame="app",
        says="container health checks fail",
        fix="Run the health check's command in the image (is curl there?), and check startPeriod.",
        task=(r"failed\b.*\bhealth checks?",),
        service=(r"failed container health checks?",),
    ),
    Cause(
        id="SIGKILL_TIMEOUT",
        blame="symptom",
        says="killed after it did not stop in time",
        fix="Handle SIGTERM, or raise stopTimeout. This follows from the stop, it is not why it stopped.",
    ),
    Cause(
        id="SIGTERM",
        blame="symptom",
        says="stopped from outside",
        fix="Exit code 143 follows from an order to stop: look for who gave it in the service's events.",
        exit_codes=(143,),
    ),
    Cause(
        id="KILLED",
        blame="app",
        says="killed by signal 9",
        fix="Nobody asked ECS to stop it, so the kernel did: compare its memory use with its limit.",
        exit_codes=(137,),
    ),
    Cause(
        id="SEGFAULT",
        blame="app",
        says="it crashed in native code",
        fix="Look for a changed native library or base image; exit code 139 is a segmentation fault.",
        exit_codes=(139,),
    ),
    Cause(
        id="CLEAN_EXIT",
        blame="release",
        says="its process ends by itself",
        fix="A service's container must keep running: check command and entryPoint.",
        deterministic=True,
        exit_codes=(0,),
    ),
    Cause(
        id="APP_EXIT",
        blame="app",
        says="the application exits",
        fix="Read the last log lines.",
    ),
)
