"""Whether the annotations of a definition were text when it was typed.

A cell may have `from __future__ import annotations`, which changes what its classes are made of.
"""

import ast
import enum
import inspect
from types import CodeType
from typing import ForwardRef

_FLAG = 0x1000000
"""`CO_FUTURE_ANNOTATIONS`."""


def are_text_in(code: CodeType) -> bool:
    """Whether they are in the cell of a function."""
    return bool(code.co_flags & _FLAG)


def are_text_of(statement: ast.ClassDef, cls: type) -> bool:
    """Whether they are in the cell of a class."""
    if issubclass(cls, enum.Enum):
        return False
    try:
        known = inspect.get_annotations(cls)
    except NameError:
        return False
    fields = (it for it in statement.body if isinstance(it, ast.AnnAssign))
    if any(
        isinstance(it.target, ast.Name)
        and not isinstance(it.annotation, ast.Constant)
        and isinstance(known.get(it.target.id), str | ForwardRef)  # the latter of NamedTuples
        for it in fields
    ):
        return True
    methods = (getattr(value, "__code__", None) for value in vars(cls).values())
    return any(
        isinstance(code, CodeType) and code.co_filename != "<string>" and are_text_in(code)
        for code in methods
    )
