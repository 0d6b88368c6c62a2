"""The cluster query language, as far as ListContainerInstances' filter is used with it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.instance_model import ContainerInstance

_SUBJECT = r"(?P<subject>[A-Za-z0-9_:.-]+)"
_EQUALS = re.compile(rf"{_SUBJECT}\s*==\s*'?(?P<value>[^'\s]+)'?")
_IN = re.compile(rf"{_SUBJECT}\s+in\s+\[(?P<values>[^\]]*)\]")


def matcher(expression: str | None) -> Callable[[ContainerInstance], bool]:
    """What an expression selects; everything without one."""
    if not expression:
        return lambda _instance: True
    text = expression.strip()
    if found := _EQUALS.fullmatch(text):
        values = {found["value"]}
    elif found := _IN.fullmatch(text):
        values = {value.strip().strip("'") for value in found["values"].split(",")}
    elif "==" not in text and " in " not in text:
        raise ApiError("InvalidParameterException", f"Invalid expression: {expression}")
    else:
        raise UnsupportedOperation(f"the sandbox does not understand the query {expression!r}")
    subject = found["subject"]
    return lambda instance: _value(instance, subject) in values


def _value(instance: ContainerInstance, subject: str) -> str | None:
    if subject.startswith("attribute:"):
        return instance.attributes.get(subject.removeprefix("attribute:"))
    known = {
        "ec2InstanceId": instance.ec2_instance_id,
        "agentConnected": str(instance.agent_connected).lower(),
        "status": instance.status,
    }
    if subject not in known:
        raise UnsupportedOperation(f"the sandbox does not know the query subject {subject!r}")
    return known[subject]
