"""Rules that every building block keeps. A new one is picked up by itself."""

import asyncio
import inspect
import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from persistentai_lab.blocks import Block, Example, builtin_registry
from persistentai_lab.blocks.tables import from_rows, to_rows
from persistentai_lab.flow.literals import value_misfit
from persistentai_lab.flow.payload import JSON, Payload
from persistentai_lab.flow.signature import Effect, Port
from persistentai_lab.flow.values import decode, encode

BLOCKS = [pytest.param(one, id=name) for name, one in builtin_registry().items()]
EXAMPLES = [
    pytest.param(one, example, id=f"{name}-{number}")
    for name, one in builtin_registry().items()
    for number, example in enumerate(one.examples)
]

ADDS_ONLY = {"signals.emit", "feed.append", "feed.append_all"}
"""Branches may write to the same thing at once: what is added stays, in the order it came."""

every_block = pytest.mark.parametrize("block", BLOCKS)


@every_block
def test_is_named_after_family_and_file(block: Block[..., Any]) -> None:
    family, _, name = block.name.partition(".")
    module = block.func.__module__.rpartition(".")

    assert re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", block.name)
    assert module[2] in (name, f"{name}_v{block.signature.version}")
    assert module[0] == f"persistentai_lab.blocks.{family}"


@every_block
def test_is_found_in_its_family(block: Block[..., Any]) -> None:
    import importlib

    family, _, name = block.name.partition(".")

    assert getattr(importlib.import_module(f"persistentai_lab.blocks.{family}"), name) is block


@every_block
def test_has_help_a_title_and_an_example(block: Block[..., Any]) -> None:
    assert len(block.signature.help) >= 15
    assert block.signature.help.splitlines()[0].endswith(".")
    assert block.signature.title
    assert block.examples


@every_block
def test_every_input_is_explained(block: Block[..., Any]) -> None:
    assert [port.name for port in block.signature.inputs if not port.help] == []


@every_block
def test_ports_are_json_schema_and_defaults_fit(block: Block[..., Any]) -> None:
    for port in (*block.signature.inputs, *block.signature.outputs):
        Draft202012Validator.check_schema(port.type)
    for port in block.signature.inputs:
        assert port.required or value_misfit(port.default, port.type) is None


@every_block
def test_effect_and_context_agree(block: Block[..., Any]) -> None:
    parameters = inspect.signature(block.func).parameters

    assert block.wants_context == ("ctx" in parameters)
    if block.signature.effect is Effect.STORE and block.name not in ADDS_ONLY:
        assert block.signature.record_key
        assert set(block.signature.record_key.split("/")) <= set(parameters)
    if block.signature.effect is Effect.PURE and not block.is_async:
        assert not block.signature.retry.attempts > 1  # same inputs would fail the same way


@pytest.mark.parametrize(("block", "example"), EXAMPLES)
def test_example_fits_the_ports(block: Block[..., Any], example: Example) -> None:
    for name, value in example.inputs.items():
        port = block.signature.input(name)
        assert port is not None
        if isinstance(value, bytes) or _is_table(port):
            encode(_in_words(port, value), object)
        else:
            assert value_misfit(value, port.type) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(("block", "example"), EXAMPLES)
def test_example_holds(block: Block[..., Any], example: Example) -> None:
    if block.wants_context or (not _is_pure(block) and example.output is None):
        pytest.skip("reaches the world; see the block's own test")
    inputs = _loaded(block, example)

    dumped = _run(block, inputs)

    if example.output is None:
        assert {payload.media_type for payload in dumped.values()} - {JSON}
    else:
        assert _told(block, dumped) == example.output
        assert json.dumps(_told(block, dumped), default=repr) == json.dumps(
            example.output, default=repr
        )


@pytest.mark.parametrize(("block", "example"), EXAMPLES)
def test_a_pure_block_gives_the_same_again_and_leaves_its_inputs_alone(
    block: Block[..., Any], example: Example
) -> None:
    if block.wants_context or not _is_pure(block):
        pytest.skip("is not pure")
    inputs = _loaded(block, example)
    before = {name: encode(value, object) for name, value in inputs.items()}

    first, second = _run(block, inputs), _run(block, _loaded(block, example))

    assert first == second
    assert {name: encode(value, object) for name, value in inputs.items()} == before


def _is_pure(block: Block[..., Any]) -> bool:
    return block.signature.effect is Effect.PURE


def _is_table(port: Port) -> bool:
    return {"x-pai-type": "table"} in (port.type, *port.type.get("anyOf", ()))  # type: ignore[misc]


def _in_words(port: Port, value: Any) -> Any:
    """In examples, a table is written as its rows."""
    return from_rows(value) if _is_table(port) and value is not None else value


def _loaded(block: Block[..., Any], example: Example) -> dict[str, Any]:
    ports = {port.name: port for port in block.signature.inputs}
    return block.load_inputs(
        {name: encode(_in_words(ports[name], v), object) for name, v in example.inputs.items()}
    )


def _run(block: Block[..., Any], inputs: dict[str, Any]) -> dict[str, Payload]:
    result = block.func(**inputs)
    return block.dump_outputs(asyncio.run(_wait(result)) if inspect.isawaitable(result) else result)


def _told(block: Block[..., Any], dumped: dict[str, Payload]) -> Any:
    """The outputs as an example writes them: tables as rows; several by their names."""
    values = {name: decode(payload, object) for name, payload in dumped.items()}
    ports = {port.name: port for port in block.signature.outputs}
    told = {n: to_rows(v) if _is_table(ports[n]) else v for n, v in values.items()}
    return told["result"] if list(told) == ["result"] else told


async def _wait(result: Any) -> Any:
    return await result
