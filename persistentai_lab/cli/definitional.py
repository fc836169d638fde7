"""Which statements of a notebook define something, and which compute it."""

import ast
from collections.abc import Collection
from functools import partial

_DEFINING = frozenset(
    {
        "Annotated", "Counter", "Decimal", "Enum", "Field", "Fraction", "IntEnum", "Literal",
        "NamedTuple", "NewType", "OrderedDict", "ParamSpec", "Path", "PurePath", "StrEnum",
        "TypeAdapter", "TypeVar", "TypedDict", "UUID", "ZoneInfo", "attrgetter", "block", "bytes",
        "compile", "date", "datetime", "defaultdict", "deque", "dict", "dtype", "field", "float",
        "flow", "frozenset", "getLogger", "int", "itemgetter", "joinpath", "len", "list",
        "lru_cache", "max",
        "methodcaller", "min", "namedtuple", "partial", "range", "round", "set", "sorted", "str",
        "sum", "timedelta", "timezone", "tuple",
    }
)  # fmt: skip
"""Calls that make a constant or a type: quick, and the same each time."""
_TYPE_ALIAS: tuple[type[ast.stmt], ...] = tuple(
    kind for kind in [getattr(ast, "TypeAlias", None)] if kind is not None
)
_RUNNING = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def defines(statement: ast.stmt, classes: Collection[str] = ()) -> bool:
    """Whether running a statement only says what names mean.

    Args:
        statement: Of a cell, at its top.
        classes: Those that the notebook itself defines: `LIMITS = Limits(low=3)` is a constant.
    """
    each = partial(defines, classes=classes)
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _is_constant(value, classes)
        case ast.AnnAssign():
            return True
        case ast.If(test=test, body=body, orelse=other):
            return _is_constant(test, classes) and all(map(each, [*body, *other]))
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            caught = [it for handler in handlers for it in handler.body]
            return all(map(each, [*body, *caught, *other, *last]))
    return isinstance(statement, _TYPE_ALIAS)


def _is_constant(value: ast.expr, classes: Collection[str]) -> bool:
    """Whether it is put together from literals, names and what makes constants of them."""
    return all(_may_stand(node, classes) for node in ast.walk(value))


def _may_stand(node: ast.AST, classes: Collection[str]) -> bool:
    if isinstance(node, _RUNNING):
        return False
    if not isinstance(node, ast.Call):
        return True
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant):
        return True  # "a b".split()
    return ast.unparse(node.func).rpartition(".")[2] in _DEFINING or (
        isinstance(node.func, ast.Name) and node.func.id in classes
    )
