"""The functions as template.yaml declares them."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]

# What the template and Lambda put into every function's environment; values are of no account.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class _AnyTag(yaml.SafeLoader):
    """Reads the template without caring for CloudFormation's functions."""


_AnyTag.add_multi_constructor("!", lambda loader, suffix, node: f"{suffix} {node.value}")


def read_functions():
    """Logical id -> handler and environment variables of every function in template.yaml."""
    template = yaml.load((ROOT / "template.yaml").read_text(), _AnyTag)
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    return {
        name: (
            resource["Properties"]["Handler"],
            dict.fromkeys(
                shared | resource["Properties"].get("Environment", {}).get("Variables", {}), "on"
            )
            | {"POWERTOOLS_LOG_LEVEL": "INFO"},
        )
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


FUNCTIONS = read_functions()
