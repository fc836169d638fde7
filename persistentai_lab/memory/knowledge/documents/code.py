"""Code: Python by its functions and classes, other languages by what blank lines part."""

import ast
from collections.abc import Iterator

from .part import Part
from .plain import decoded, paragraphs

LONG = 60
"""Lines; a class with more is told method by method."""
_Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def read_python(data: bytes) -> Iterator[Part]:
    """Functions and classes with what stands between them; broken code as plain text."""
    text = decoded(data)
    lines = text.splitlines()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from paragraphs(lines)
        return
    yield from _body(tree.body, lines, 1, len(lines), "")


def read_other(data: bytes) -> Iterator[Part]:
    """By blank lines."""
    yield from paragraphs(decoded(data).splitlines())


def _body(
    statements: list[ast.stmt], lines: list[str], first: int, last: int, within: str
) -> Iterator[Part]:
    at = first
    for statement in statements:
        if not isinstance(statement, _Named):
            continue
        begin = min([statement.lineno, *(d.lineno for d in statement.decorator_list)])
        end = statement.end_lineno or begin
        yield from paragraphs(lines[at - 1 : begin - 1], at, within)
        name = f"{within} › {statement.name}" if within else statement.name
        if isinstance(statement, ast.ClassDef) and end - begin > LONG:
            yield from _body(statement.body, lines, begin, end, name)
        else:
            yield Part("\n".join(lines[begin - 1 : end]), "line", begin, end, name)
        at = end + 1
    yield from paragraphs(lines[at - 1 : last], at, within)
