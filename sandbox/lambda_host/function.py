"""A deployed function: what the template says of it, and the environment its code sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of an execution role."""

    access_key: str
    secret_key: str
    token: str


@dataclass(frozen=True, slots=True)
class AsyncPolicy:
    """How often an asynchronous invocation is tried, and where it goes then."""

    maximum_attempts: int = 2  # retries after the first attempt
    maximum_age_s: int = 21_600
    on_failure: str | None = None
    on_success: str | None = None
    dead_letter: str | None = None  # DeadLetterConfig of the function


@dataclass(frozen=True, slots=True)
class DeployedFunction:
    """One AWS::Lambda::Function. ``code`` is the folder under its CodeUri."""

    name: str
    arn: str
    handler: str
    code: Path
    role_arn: str
    credentials: Credentials
    variables: dict[str, str] = field(default_factory=dict)
    runtime: str = "python3.13"
    timeout_s: int = 3
    memory_mb: int = 128
    log_group: str = ""
    log_format: str = "Text"
    log_level: str = ""
    architecture: str = "x86_64"
    tracing: str = "PassThrough"
    reserved_concurrency: int | None = None
    dead_letter: str | None = None

    @property
    def region(self) -> str:
        """The Region in the ARN."""
        return self.arn.split(":")[3]

    def environment(self) -> dict[str, str]:
        """The variables of the execution environment.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        """
        reserved = {
            "_HANDLER": self.handler,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group or f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "sandbox/[$LATEST]" + self.name,
            "AWS_LAMBDA_LOG_FORMAT": self.log_format,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_SESSION_TOKEN": self.credentials.token,
            "LAMBDA_TASK_ROOT": str(self.code),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        if self.log_level:
            reserved["AWS_LAMBDA_LOG_LEVEL"] = self.log_level
        return self.variables | reserved

    def configuration(self) -> dict[str, Any]:
        """The shape of GetFunctionConfiguration."""
        return {
            "FunctionName": self.name,
            "FunctionArn": self.arn,
            "Runtime": self.runtime,
            "Role": self.role_arn,
            "Handler": self.handler,
            "Timeout": self.timeout_s,
            "MemorySize": self.memory_mb,
            "Version": "$LATEST",
            "Environment": {"Variables": self.variables},
            "TracingConfig": {"Mode": self.tracing},
            "Architectures": [self.architecture],
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "LoggingConfig": {
                "LogFormat": self.log_format,
                "LogGroup": self.log_group or f"/aws/lambda/{self.name}",
            },
        }
