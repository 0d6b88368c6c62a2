"""``python -m build_tools.deploy``: ``sam deploy --guided`` with what ``make build`` left."""

from __future__ import annotations

import sys

import botocore.session

from build_tools import bytecode, sam
from build_tools.build import DEFAULT_OUTPUT, function_folders

NO_CREDENTIALS = """\
No AWS credentials found. Sign in first, for example:
  aws sso login --profile NAME && export AWS_PROFILE=NAME
or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Then run make deploy again.
Nothing was deployed."""


def main() -> int:
    """Deploy, asking what it needs to know; answers are kept in samconfig.toml."""
    if botocore.session.get_session().get_credentials() is None:
        print(NO_CREDENTIALS, file=sys.stderr)
        return 2
    if not DEFAULT_OUTPUT.is_dir() or any(
        problem
        for folder in function_folders(DEFAULT_OUTPUT)
        for problem in bytecode.invalid(folder)
    ):
        print("Nothing built, or not by `make build`: run that first.", file=sys.stderr)
        return 2
    try:
        sam.run(["deploy", "--guided"], show=True)
    except sam.SamFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
