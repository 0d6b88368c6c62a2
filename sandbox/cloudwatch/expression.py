"""Metric math of alarms: arithmetic, FILL and IF over metrics of the same period.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.cloudwatch.datapoints import Datapoints, name_of
from sandbox.errors import ApiError, UnsupportedOperation

Value = float | None
Values = Mapping[str, Value]
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}


def expression_reader(
    datapoints: Datapoints, queries: Sequence[Mapping[str, Any]]
) -> Callable[[float, int], Value]:
    """Read the one query that returns data; None where the expression has no datapoint."""
    returned = [query for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise ApiError("ValidationException", "Exactly one element must have ReturnData true")

    def read(at: float, period: int) -> Value:
        values: dict[str, Value] = {}
        for query in queries:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                named = stat["Metric"]
                metric = name_of(
                    named["Namespace"], named["MetricName"], named.get("Dimensions", ())
                )
                values[query["Id"]] = datapoints.statistic(metric, stat["Stat"], at, period)
        if "MetricStat" in returned[0]:
            return values[returned[0]["Id"]]
        return evaluate_math(returned[0]["Expression"], values)

    return read


def evaluate_math(expression: str, values: Values) -> Value:
    """The value of an expression; a missing operand, or a division by zero, leaves no datapoint."""
    return _value(ast.parse(expression, mode="eval").body, values)


def _value(node: ast.expr, values: Values) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _combined(_OPERATORS[type(op)], _value(left, values), _value(right, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _combined(operator.sub, 0.0, _value(operand, values))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            compared = _value(left, values), _value(right, values)
            return _combined(_COMPARISONS[type(op)], *compared)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name.upper(), args, values)
    raise UnsupportedOperation(f"the sandbox does not evaluate {ast.unparse(node)}")


def _combined(combine: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return float(combine(left, right))
    except ZeroDivisionError:
        return None


def _called(name: str, args: Sequence[ast.expr], values: Values) -> Value:
    if name == "FILL":
        value = _value(args[0], values)
        return _value(args[1], values) if value is None else value
    if name == "IF":
        condition = _value(args[0], values)
        if condition is None:
            return None
        return _value(args[1] if condition else args[2], values)
    raise UnsupportedOperation(f"the sandbox does not evaluate {name}()")
