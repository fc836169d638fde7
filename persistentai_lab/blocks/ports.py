"""The ports of a block, read from a function's annotations and docstring."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from pydantic_core import from_json

from ..errors import LabError, TraceError
from ..flow.payload import JSON, Payload
from ..flow.signature import Port
from ..flow.trace import RESULT, type_hints
from ..flow.values import BadValue, Codec, codec_for

CONTEXT = "ctx"
"""Name of the parameter that gets the engine's `Context`. Not a port."""


class BlockInvalid(LabError):
    """A function cannot become a block; the message says why and what to write instead."""

    code = "block_invalid"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that annotations and docstring say."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    input_codecs: tuple[tuple[str, Codec, Payload | None], ...]
    output_codecs: tuple[tuple[str, Codec], ...]
    result_kind: type | None
    wants_context: bool
    help: str


def read_ports(func: Callable[..., object], block: str) -> Ports:
    """Read the ports of a function. Raises `BlockInvalid`."""
    hints = _hints(func, block)
    text = inspect.getdoc(func) or ""
    notes = _section(text, "Args")
    inputs: list[Port] = []
    input_codecs: list[tuple[str, Codec, Payload | None]] = []
    parameters = inspect.signature(func).parameters
    for parameter in parameters.values():
        if parameter.name == CONTEXT:
            continue
        codec, default = _input(block, parameter, hints)
        input_codecs.append((parameter.name, codec, default))
        port = Port(
            name=parameter.name,
            type=codec.schema,
            required=default is None,
            default=None if default is None else from_json(bytes(default.data), allow_inf_nan=True),
            help=notes.get(parameter.name, ""),
        )
        inputs.append(port)
    output_codecs, result_kind = _outputs(block, hints)
    returns = _section(text, "Returns")
    outputs = [
        Port(name=name, type=codec.schema, help=returns.get(name, returns.get("", "")))
        for name, codec in output_codecs
    ]
    return Ports(
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        input_codecs=tuple(input_codecs),
        output_codecs=tuple(output_codecs),
        result_kind=result_kind,
        wants_context=CONTEXT in parameters,
        help=_before_sections(text),
    )


def _hints(func: Callable[..., object], block: str) -> dict[str, object]:
    try:
        return type_hints(func)
    except TraceError as error:
        raise BlockInvalid(error.message, remedy=error.remedy) from error


def _input(
    block: str, parameter: inspect.Parameter, hints: dict[str, object]
) -> tuple[Codec, Payload | None]:
    name = parameter.name
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        _refuse(f"{block}: {name!r} is no port.", "Write each input out, without `*` and `/`.")
    if name not in hints:
        _refuse(f"{block}: input {name!r} has no type.", f"Write one, such as `{name}: str`.")
    if not name.isascii():
        _refuse(f"{block}: input {name!r} is not ASCII.", "Use ASCII letters and digits.")
    codec = _codec(block, f"input {name!r}", hints[name])
    if parameter.default is parameter.empty:
        return codec, None
    try:
        default = codec.encode(parameter.default)
    except BadValue as error:
        _refuse(f"{block}: default of {name!r}: {error}.", "Change the default or the type.")
    if default.media_type != JSON:
        _refuse(f"{block}: default of {name!r} is no JSON.", "Use None as default.")
    return codec, default


def _outputs(block: str, hints: dict[str, object]) -> tuple[list[tuple[str, Codec]], type | None]:
    if "return" not in hints:
        _refuse(f"{block}: its result has no type.", "Write one, such as `-> str` (or `-> None`).")
    kind = hints["return"]
    if kind is type(None):
        return [], None
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        fields = type_hints(kind)
        named = [
            (name, _codec(block, f"output {name!r}", fields.get(name, object)))
            for name in kind._fields
        ]
        return named, kind
    return [(RESULT, _codec(block, "its result", kind))], None


def _codec(block: str, what: str, annotation: object) -> Codec:
    try:
        return codec_for(annotation)
    except TypeError as error:
        _refuse(
            f"{block}: {what} cannot travel: {error}.",
            "Use a Pydantic model, a dataclass, JSON types, a DataFrame, an array or an image.",
        )


def _refuse(message: str, remedy: str) -> NoReturn:
    raise BlockInvalid(message, remedy=remedy)


_SECTION = re.compile(
    r"^(Args|Arguments|Returns|Raises|Yields|Source|Examples?|Notes?|Attributes):\s*$", re.M
)


def _before_sections(text: str) -> str:
    found = _SECTION.search(text)
    return (text[: found.start()] if found else text).strip()


def _section(text: str, title: str) -> dict[str, str]:
    """The entries of a Google-style section, by name; text without a name stands under ''."""
    found = re.search(rf"^{title}:\s*$\n((?:[ \t]+.*\n?|\s*\n)*)", text, re.M)
    if not found:
        return {}
    entries: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(found[1]).splitlines():
        entry = re.match(r"(\w+)(?: \([^)]*\))?: (.*)", line)
        if entry:
            name = entry[1]
            entries[name] = entry[2].strip()
        else:
            entries[name] = f"{entries.get(name, '')} {line.strip()}".strip()
    return entries
