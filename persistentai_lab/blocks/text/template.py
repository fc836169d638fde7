"""Text with gaps, filled in."""

import re
from collections.abc import Callable
from string import Formatter
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError

_WIDEST = 1000
_CONVERT: dict[str | None, Callable[[object], str]] = {"r": repr, "a": ascii, "s": str}


@block(
    title="Template",
    effect="pure",
    examples=(
        Example(
            inputs={
                "template": "{species}: {mass:.1f} g",
                "values": {"species": "Gentoo", "mass": 5076.02},
            },
            output="Gentoo: 5076.0 g",
        ),
    ),
)
def template(template: str, values: dict[str, Any]) -> str:
    """Fill the gaps of a text: `{name}` becomes the value called name.

    A gap may say how its value is written, as in Python: `{mass:.1f}`, `{name:>20}`. It can't
    reach into a value (`{row.name}`, `{row[0]}`), so a template from anywhere is safe to fill.

    Args:
        template: Text with gaps. Braces that are meant as such are doubled: `{{`.
        values: One value for each gap; others are ignored.

    Returns:
        The text with its gaps filled.

    Raises:
        NodeError: Values are missing (all are named), or the template is malformed.
    """
    pieces = list(_pieces(template))
    missing = sorted({name for _, name, _, _ in pieces if name is not None} - values.keys())
    if missing:
        raise NodeError(
            f"The template asks for {_listed(missing)}, which no value is called.",
            remedy=f"There is: {_listed(sorted(values))}." if values else "There are no values.",
        )
    return "".join(
        literal + ("" if name is None else _written(name, values[name], how, conversion))
        for literal, name, how, conversion in pieces
    )


def _pieces(template: str) -> list[tuple[str, str | None, str, str | None]]:
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as problem:
        raise NodeError(
            f"The template is malformed: {problem}.",
            remedy="Write a brace that is meant as such twice: '{{'.",
        ) from None
    for _, name, how, _ in pieces:
        if name is not None:
            _refuse_unsafe(name, how or "")
    return [(literal, name, how or "", conversion) for literal, name, how, conversion in pieces]


def _refuse_unsafe(name: str, how: str) -> None:
    if not name or name.isdecimal():
        raise NodeError("A gap has no name.", remedy="Write '{name}' instead of '{}'.")
    if "." in name or "[" in name:
        raise NodeError(
            f"The gap {name!r} reaches into a value.",
            remedy="Take what you need in a node before, and give it its own name.",
        )
    if "{" in how or any(int(digits) > _WIDEST for digits in re.findall(r"\d+", how)):
        raise NodeError(
            f"The gap {name!r} cannot be written as {how!r}.",
            remedy=f"Widths are plain numbers up to {_WIDEST}.",
        )


def _written(name: str, value: Any, how: str, conversion: str | None) -> str:
    try:
        return format(_CONVERT[conversion](value) if conversion in _CONVERT else value, how)
    except (ValueError, TypeError) as problem:
        raise NodeError(
            f"{name!r} is {type(value).__name__} and cannot be written as {how!r}: {problem}."
        ) from None


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
