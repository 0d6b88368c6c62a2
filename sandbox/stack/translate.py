"""A SAM template becomes a CloudFormation template, by AWS's own translator.

The translation is cached by content: importing the translator takes longer than most tests.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Template = dict[str, Any]

# The translator wants code in S3; the key keeps the local path for the function's creator.
CODE_BUCKET = "sandbox-code"
CACHE = Path(__file__).resolve().parent.parent.parent / ".build" / "translated"


class InvalidTemplate(SandboxError):
    """The template is refused, by the translator or by the rules of CloudFormation."""


def translate(
    template: Path, parameters: Mapping[str, str], region: str, cache: Path = CACHE
) -> Template:
    """Translate a template file, from the cache when nothing has changed."""
    text = template.read_text()
    key = json.dumps([text, sorted(parameters.items()), region, version("aws-sam-translator")])
    return _cached(key, cache, lambda: _translated(text, parameters, region))


def parameters_of(template: Path, cache: Path = CACHE) -> dict[str, Any]:
    """The Parameters section: the translator wants their values before it starts."""
    text = template.read_text()
    return _cached(f"Parameters {text}", cache, lambda: _parsed(text).get("Parameters", {}))


def _cached(key: str, cache: Path, make: Callable[[], Template]) -> Template:
    stored = cache / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    if not stored.exists():
        _store(stored, json.dumps(make()))
    parsed: Template = json.loads(_read(stored))
    return parsed


def _parsed(text: str) -> Template:
    from samtranslator.yaml_helper import yaml_parse

    parsed: Template = yaml_parse(text)
    return parsed


@functools.lru_cache(maxsize=32)
def _read(stored: Path) -> str:
    return stored.read_text()


def _store(path: Path, text: str) -> None:
    """Write atomically: tests run side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(name).replace(path)


def _translated(text: str, parameters: Mapping[str, str], region: str) -> Template:
    import boto3
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = _parsed(text)
    if template.get("Transform") is None:
        return template
    if template["Transform"] != "AWS::Serverless-2016-10-31":
        raise InvalidTemplate(f"the sandbox does not know the transform {template['Transform']}")
    _point_to_local_code(template)
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        translated: Template = translator.translate(template, dict(parameters), feature_toggle=None)
    except InvalidDocumentException as error:
        reasons = "; ".join(cause.message for cause in error.causes)
        raise InvalidTemplate(f"the template is not valid: {reasons}") from error
    return translated


def _point_to_local_code(template: Template) -> None:
    functions = [
        resource.setdefault("Properties", {})
        for resource in template.get("Resources", {}).values()
        if resource.get("Type") == "AWS::Serverless::Function"
    ]
    for properties in [template.get("Globals", {}).get("Function", {}), *functions]:
        code = properties.get("CodeUri")
        if isinstance(code, str) and not code.startswith("s3://"):
            properties["CodeUri"] = f"s3://{CODE_BUCKET}/{code}"
