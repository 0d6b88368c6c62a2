"""The functions as template.yaml declares them, by logical id."""

from build_tools import sam, template

ROOT = sam.ROOT
FUNCTIONS = {function.logical_id: function for function in template.functions()}
