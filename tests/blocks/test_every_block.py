"""Rules that every building block keeps. A new one is picked up by itself."""

import asyncio
import inspect
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from persistentai_lab.blocks import Block, Example, builtin_registry
from persistentai_lab.flow.literals import value_misfit
from persistentai_lab.flow.payload import JSON
from persistentai_lab.flow.signature import Effect
from persistentai_lab.flow.values import encode

BLOCKS = [pytest.param(one, id=name) for name, one in builtin_registry().items()]
EXAMPLES = [
    pytest.param(one, example, id=f"{name}-{number}")
    for name, one in builtin_registry().items()
    for number, example in enumerate(one.examples)
]

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
    if block.signature.effect is Effect.STORE:
        assert block.signature.record_key in parameters
    if block.signature.effect is Effect.PURE and not block.is_async:
        assert not block.signature.retry.attempts > 1  # same inputs would fail the same way


@pytest.mark.parametrize(("block", "example"), EXAMPLES)
def test_example_fits_the_ports(block: Block[..., Any], example: Example) -> None:
    for name, value in example.inputs.items():
        port = block.signature.input(name)
        assert port is not None
        assert value_misfit(value, port.type) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(("block", "example"), EXAMPLES)
def test_example_holds(block: Block[..., Any], example: Example) -> None:
    if block.signature.effect is not Effect.PURE or block.wants_context:
        pytest.skip("reaches the world; see the block's own test")
    payloads = {name: encode(value, object) for name, value in example.inputs.items()}
    result = block.func(**block.load_inputs(payloads))
    if inspect.isawaitable(result):
        result = asyncio.run(_wait(result))

    dumped = block.dump_outputs(result)

    if len(dumped) == 1:
        (payload,) = dumped.values()
        assert payload == encode(example.output, object) or payload.media_type != JSON
        assert result == example.output


async def _wait(result: Any) -> Any:
    return await result
