"""What `FLOW` names on the command line: a `.flow.json`, a notebook or `module:function`."""

import importlib
import json
import os
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..client import ShippedModule, ship_flow, ship_modules
from ..errors import FlowNotFound, LabError
from ..ids import Json

if TYPE_CHECKING:
    from ..flow.model import FlowSpec
    from ..flow.signature import Signature


NOTEBOOK = ".ipynb"


@dataclass(frozen=True, slots=True)
class LoadedFlow:
    """A flow, with the source of the blocks that come from a person's own modules."""

    spec: "FlowSpec"
    code: tuple[ShippedModule, ...] = ()

    @property
    def catalogue(self) -> "dict[str, Signature]":
        """Every block that the flow may use."""
        from ..blocks.registry import catalogue

        own = {item.block: item for module in self.code for item in module.signatures}
        return catalogue() | own


def load_flow(name: str) -> LoadedFlow:
    """Find the flow that a person named.

    Raises:
        FlowNotFound: There is none of this name, or its module does not load.
        FlowInvalid: The file is not a flow, or the notebook's cannot be sent.
    """
    notebook, is_notebook, flow = name.partition(NOTEBOOK)
    if is_notebook and flow[:1] in ("", ":"):
        return _from_notebook(Path(notebook + NOTEBOOK), flow[1:])
    if name.endswith(".json"):
        return _from_file(Path(name))
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise FlowNotFound(
            f"{name!r} names no flow.",
            remedy="Write a `.flow.json` file, a notebook or `module:function`.",
        )
    return _from_module(module, function)


def parse_inputs(spec: "FlowSpec", given: Iterable[str]) -> dict[str, Json]:
    """Read `NAME=JSON`; what is not JSON, or goes to a text input, is taken as text."""
    inputs: dict[str, Json] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals:
            raise FlowNotFound(f"--input {item!r} has no value.", remedy="Write --input NAME=JSON.")
        wanted = spec.inputs.get(name)
        inputs[name] = parse_value(
            text, is_text=wanted is not None and wanted.type.get("type") == "string"
        )
    return inputs


def parse_values(given: Iterable[str]) -> dict[str, Json]:
    """Read `PORT=JSON`; what is not JSON is taken as text."""
    values: dict[str, Json] = {}
    for item in given:
        port, equals, text = item.partition("=")
        if not equals:
            raise FlowNotFound(f"{item!r} has no value.", remedy="Write PORT=JSON.")
        values[port] = parse_value(text, is_text=False)
    return values


def parse_value(text: str, *, is_text: bool) -> Json:
    """Read JSON; what is none, or goes where text is wanted, is taken as text."""
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return text if is_text and not isinstance(value, str) else value


def _from_file(path: Path) -> LoadedFlow:
    from ..flow.codec import loads

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise FlowNotFound(
            f"{str(path)!r} cannot be read: {why}.", remedy="Check the path."
        ) from None
    spec = loads(text)
    return LoadedFlow(spec, ship_modules(spec))


def _from_notebook(path: Path, name: str) -> LoadedFlow:
    from .notebook_flow import flow_of_notebook

    found = flow_of_notebook(path, name)
    return LoadedFlow(found.spec, ship_flow(found))


def _from_module(name: str, attribute: str) -> LoadedFlow:
    from ..flow.flow import Flow

    module = _import(name)
    found = getattr(module, attribute, None)
    if isinstance(found, Flow):
        return LoadedFlow(found.spec, ship_flow(found))
    flows = [key for key, value in vars(module).items() if isinstance(value, Flow)]
    there = (
        f"It has {', '.join(flows)}."
        if flows
        else "It has none: decorate a function with `@pai.flow`."
    )
    raise FlowNotFound(f"Module {name!r} has no flow {attribute!r}.", remedy=there)


def _import(name: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except LabError:
        raise
    except ModuleNotFoundError as error:
        raise FlowNotFound(
            f"Module {name!r} does not load: there is no module {error.name!r}.",
            remedy="Run the command in the folder of the module, or install what it imports.",
        ) from None
    except Exception as error:  # noqa: BLE001 -- the module is a person's, it may raise anything
        raise FlowNotFound(
            f"Module {name!r} does not load: {type(error).__name__}: {error}{_where(error)}",
            remedy="Correct it and try again.",
        ) from None


def _where(error: Exception) -> str:
    """Innermost line of the person's own code."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "<" not in frame.filename
    ]
    last = frames[-1] if len(frames) > 1 else None
    return f" ({last.filename}, line {last.lineno})" if last else ""
