"""ECS invokes a lifecycle hook's function, as the role that the hook names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.hooks import HookAnswer, HookCall
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.lambda_host.dispatch import Dispatch
    from sandbox.stack.roles import Roles

# The text for a role is documented ("Troubleshooting blue/green deployments"), the other one assumed.
NO_ROLE = "ECS was unable to assume role {}"
NO_FUNCTION = "ECS was unable to invoke {}"


class HookInvoker:
    """Invokes functions and waits for their answer."""

    def __init__(self, dispatch: Dispatch, roles: Roles) -> None:
        """``roles`` are those of the account's stacks, and what tests add to them."""
        self._dispatch = dispatch
        self._roles = roles

    def __call__(self, call: HookCall, done: Callable[[HookAnswer], None]) -> None:
        """Invoke, in a thread where time is real."""
        refusal = self._refusal(call)
        if refusal:
            done(HookAnswer(refusal=refusal))
            return
        self._dispatch.start(lambda: done(self._answer(call)))

    def _refusal(self, call: HookCall) -> str | None:
        role = call.role_arn or ""
        if not self._roles.trusts(role, "ecs.amazonaws.com"):
            return NO_ROLE.format(call.role_arn)
        allowed = self._roles.allows(role, "lambda:InvokeFunction", call.function_arn)
        return None if allowed else NO_FUNCTION.format(call.function_arn)

    def _answer(self, call: HookCall) -> HookAnswer:
        try:
            invocation = self._dispatch.invoke(call.function_arn, call.payload)
        except ApiError:
            return HookAnswer(refusal=NO_FUNCTION.format(call.function_arn))
        return HookAnswer(result=invocation.result if invocation.ok else None)
