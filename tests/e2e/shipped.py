"""The functions as template.yaml declares them, by logical id."""

from build_tools import sam, template

ROOT = sam.ROOT
FUNCTIONS = {function.logical_id: function for function in template.functions()}
# Rooms whose core is here and tested, but which no function of the template opens yet.
NOT_YET_DEPLOYED = ("audit",)
# Some of its functions are in the template, some are not yet.
PARTLY_DEPLOYED = ("deploy_guard",)
