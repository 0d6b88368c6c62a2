"""LIF: do signals arrive, and what starts again?"""

from __future__ import annotations

import re

from audit.model import images
from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

# Bash runs the last command of a line in its own place, other shells only a command that stands alone.
_SHELL = re.compile(r"(?:/bin/|/usr/bin/)?(?:sh|ash|dash)")
_NEXT_COMMAND = re.compile(r"&&|\|\||[;\n]")


@rule(
    "LIF-03",
    "An init process forwards signals and buries zombies",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html",
    remedy='set "linuxParameters.initProcessEnabled": true for the container, and begin the last '
    "command of a "
    'shell line with "exec"',
    anchors=(),
)
def init_process(container: Container) -> Verdicts:
    task = container.task_definition
    # With a process namespace of the whole task, no process of a container is number 1.
    if task.windows or task["pidMode"].text() in ("task", "host"):
        return
    node = container["linuxParameters"]["initProcessEnabled"]
    if node.flag():
        yield passed(node)
        return
    line = _shell_line(container)
    if line:
        # Where only the command is given, the image's entry point may be an init process.
        known = bool(container["entryPoint"].items())
        unless = "" if known else ", unless its image has an entry point,"
        yield failed(
            node,
            f"process 1 of {container.label}{unless} is {line}, which passes no SIGTERM on: the application "
            f"is killed after {container.stop_timeout} s at every stop",
            put(node, True),
            severity=Severity.MEDIUM if known else Severity.LOW,
        )
    else:
        # Proxies and agents are made to be process 1.
        made_for_it = images.is_proxy(container.image) or images.is_agent(container.image)
        yield failed(
            node,
            f"initProcessEnabled of {container.label} is not set: as process 1 it must handle SIGTERM and "
            "bury its children itself",
            put(node, True),
            severity=Severity.INFO if made_for_it else Severity.LOW,
        )


def _shell_line(container: Container) -> str | None:
    """The shell that stays between ECS and the application, if the definition says so."""
    words = [*container["entryPoint"].texts(), *container["command"].texts()]
    if len(words) < 3 or not _SHELL.fullmatch(words[0]) or not words[1].startswith("-"):
        return None
    commands = _NEXT_COMMAND.split(words[2].strip().rstrip(";"))
    stays = len(commands) > 1 and not commands[-1].strip().startswith("exec ")
    return f"{words[0]} {words[1]}" if stays else None


@rule(
    "LIF-04",
    "Sidecars that are not essential start again by themselves",
    on=Container,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html",
    remedy='set "restartPolicy": {"enabled": true}',
    anchors=(),
)
def sidecars_restart(container: Container) -> Verdicts:
    task = container.task_definition
    node = container["restartPolicy"]["enabled"]
    if container.essential or len(task.containers) < 2:
        return
    if container.prepares or container.name in task.awaited:
        return
    if node.flag():
        yield passed(node)
    else:
        yield failed(
            node,
            f"{container.label} is not essential and has no restartPolicy: when it dies, the task goes on "
            "without it until it is replaced",
            put(node, True),
        )
