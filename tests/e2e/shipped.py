"""The functions as template.yaml declares them, by logical id."""

from build_tools import sam, template

ROOT = sam.ROOT
FUNCTIONS = {function.logical_id: function for function in template.functions()}
# The story of tests/e2e has not every call of these; tests/integration has.
PARTLY_TOLD = ("audit", "batch_jobs", "deploy_guard", "spot_drain", "spot_fallback")
