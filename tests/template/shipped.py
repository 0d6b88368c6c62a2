"""template.yaml as CloudFormation gets it: translated, with the defaults of its parameters."""

from pathlib import Path

from sandbox.stack.translate import parameters_of, translate

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PARAMETERS = parameters_of(TEMPLATE)
_DEFAULTS = {name: str(parameter["Default"]) for name, parameter in PARAMETERS.items()}
TRANSLATED = translate(TEMPLATE, _DEFAULTS, "eu-west-1")
RESOURCES = TRANSLATED["Resources"]


def of_type(kind):
    """Logical id -> properties of every resource of a type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


def target(reference):
    """The logical id that a Ref or GetAtt names; None for anything else."""
    match reference:
        case {"Ref": name}:
            return name
        case {"Fn::GetAtt": [name, *_]}:
            return name
        case {"Fn::GetAtt": str(name)}:
            return name.partition(".")[0]
    return None


def interface():
    """The template's AWS::CloudFormation::Interface."""
    return TRANSLATED["Metadata"]["AWS::CloudFormation::Interface"]


FUNCTIONS = of_type("AWS::Lambda::Function")
RULES = of_type("AWS::Events::Rule")
QUEUES = of_type("AWS::SQS::Queue")
ALARMS = of_type("AWS::CloudWatch::Alarm")
MAPPINGS = of_type("AWS::Lambda::EventSourceMapping")
FED = [(target(m["FunctionName"]), target(m["EventSourceArn"])) for m in MAPPINGS.values()]
POLLED = sorted(queue for _, queue in FED)
