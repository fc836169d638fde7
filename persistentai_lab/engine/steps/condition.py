"""Conditions of breakpoints, `n > 3 and city == "Ulm"`: comparisons of inputs, and nothing else.

A condition is text that people send. It is parsed, never evaluated as Python: what it can say is
`port`, `port["key"]`, `len(port)`, the comparisons, literals, `and`, `or` and `not`.
"""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...errors import ConditionInvalid
from ...ids import Json

LENGTH_MAX = 500
DEPTH_MAX = 20

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


class Untold(Exception):
    """A condition could not be told of these inputs; the text says why."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was understood."""

    text: str
    ports: frozenset[str]
    """The inputs that it speaks of."""
    _tree: ast.expr

    def holds(self, inputs: Mapping[str, Json]) -> bool:
        """Whether it is true of these inputs. Raises `Untold`."""
        try:
            return bool(_value(self._tree, inputs))
        except KeyError as error:
            raise Untold(f"there is no {error.args[0]!r}") from error
        except (TypeError, LookupError) as error:
            raise Untold(str(error)) from error


@lru_cache(maxsize=256)
def read_condition(text: str, ports: frozenset[str]) -> Condition:
    """Understand a condition over inputs of these names. Raises `ConditionInvalid`."""
    if len(text) > LENGTH_MAX:
        raise _invalid(text[:40] + "…", f"it is longer than {LENGTH_MAX} letters", ports)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        used = frozenset(_ports_of(tree))
    except SyntaxError as error:
        raise _invalid(text, error.msg, ports) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise _invalid(text, str(error) or "it is too deep", ports) from error
    if unknown := used - ports:
        raise _invalid(text, f"there is no input {min(unknown)!r}", ports)
    return Condition(text, used, tree)


def _invalid(text: str, why: str, ports: Collection[str]) -> ConditionInvalid:
    known = ", ".join(sorted(ports)) or "none"
    return ConditionInvalid(
        f"{text!r} is no condition: {why}.",
        remedy=f"Compare an input with a literal, as `n > 3`. The inputs are: {known}.",
    )


def _ports_of(tree: ast.expr, depth: int = 0) -> list[str]:
    """The inputs that are named. Raises `ValueError` at what conditions cannot say."""
    if depth > DEPTH_MAX:
        raise ValueError("it is too deep")
    match tree:
        case ast.BoolOp(values=parts):
            pass
        case ast.UnaryOp(op=ast.Not(), operand=part):
            parts = [part]
        case ast.Compare(left=left, comparators=others):
            parts = [left, *others]
        case ast.Subscript(value=value, slice=ast.Constant()):
            parts = [value]
        case ast.Call(func=ast.Name(id="len"), args=[arg], keywords=[]):
            parts = [arg]
        case ast.Name(id=name):
            return [name]
        case _:
            _literal(tree)
            return []
    return [name for part in parts for name in _ports_of(part, depth + 1)]


def _literal(tree: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError) as error:
        raise ValueError(f"`{ast.unparse(tree)}` is neither an input nor a literal") from error
    return value


def _value(tree: ast.expr, inputs: Mapping[str, Json]) -> object:
    match tree:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, inputs) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, inputs) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not _value(part, inputs)
        case ast.Compare(left=first, ops=ops, comparators=others):
            left = _value(first, inputs)
            for op, other in zip(ops, others, strict=True):
                right = _value(other, inputs)
                if not _compare(op, left, right):
                    return False
                left = right
            return True
        case ast.Subscript(value=value, slice=ast.Constant(value=key)):
            return _value(value, inputs)[key]  # type: ignore[index]
        case ast.Call(args=[arg]):
            return len(_value(arg, inputs))  # type: ignore[arg-type]
        case ast.Name(id=name):
            return inputs[name]
    return _literal(tree)


def _compare(op: ast.cmpop, left: object, right: object) -> bool:
    if isinstance(op, ast.Is | ast.IsNot):
        return (left is right) == isinstance(op, ast.Is)
    return bool(_COMPARE[type(op)](left, right))
