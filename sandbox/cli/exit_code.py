"""What the command line's exit codes mean; documented in docs/configuration.md."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of ``ecs-ops``."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BAD_FILE = 3
    NO_RULE = 4
    FUNCTION_FAILED = 5
    INCOMPLETE = 6
