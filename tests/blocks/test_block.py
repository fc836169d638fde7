"""`@block`: what annotations and docstring say becomes the block."""

import asyncio
import inspect
import math
import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pandas as pd
import pytest
from pydantic import BaseModel, Field

from persistentai_lab.blocks import Block, BlockInvalid, Context, Example, block, load_source
from persistentai_lab.blocks.registry import builtin_registry, catalogue, find_block
from persistentai_lab.errors import BlockUnavailable, WrongType
from persistentai_lab.flow.model import Retry
from persistentai_lab.flow.payload import Payload
from persistentai_lab.flow.signature import Effect


class Item(BaseModel):
    name: str
    price: float = 1.0


class Stats(NamedTuple):
    mean: float
    table: pd.DataFrame


@block
def price_of(item: Item, count: Annotated[int, Field(ge=1)] = 1, *, tags: list[str] = []) -> float:  # noqa: B006
    """What some items cost.

    Longer story.

    Args:
        item: The thing
            that is bought.
        count (int): How many.
        tags: Not used.

    Returns:
        The price in euro.
    """
    tags.append("spoilt")
    return item.price * count


@block(
    title="Read it",
    effect="write",
    version=3,
    examples=(Example(inputs={"url": "x"}, output="y"),),
    retry=4,
    timeout_s=2.5,
    cpu=True,
    keyed=True,
    record_key="url",
    name="web.read",
)
async def anything(url: str, *, ctx: Context) -> str:
    """Read."""
    return f"{url} {ctx.attempt}"


@block
def stats(values: list[float]) -> Stats:
    """Describe."""
    return Stats(sum(values) / len(values), pd.DataFrame({"v": values}))


@block
def silent(x: int) -> None:
    """Return nothing."""


def json_of(text: str) -> dict[str, Payload]:
    return {"item": Payload(text.encode())}


def test_ports_come_from_annotations_and_docstring() -> None:
    signature = price_of.signature
    item, count, tags = signature.inputs

    assert (item.name, item.required, item.help) == ("item", True, "The thing that is bought.")
    assert item.type == Item.model_json_schema()
    assert (count.required, count.default, count.help) == (False, 1, "How many.")
    assert count.type == {"type": "integer", "minimum": 1}
    assert (tags.required, tags.default) == (False, [])
    assert [(p.name, p.type, p.help) for p in signature.outputs] == [
        ("result", {"type": "number"}, "The price in euro.")
    ]
    assert signature.help == "What some items cost.\n\nLonger story."
    assert signature.title == "Price of"


def test_nothing_said_means_a_read_in_version_one() -> None:
    assert price_of.signature.effect is Effect.READ
    assert price_of.signature.version == 1
    assert price_of.signature.retry == Retry(attempts=1)


def test_what_is_declared_is_kept() -> None:
    signature = anything.signature

    assert anything.name == signature.block == "web.read"
    assert anything.module is None
    assert (signature.title, signature.effect, signature.version) == ("Read it", Effect.WRITE, 3)
    assert (signature.retry.attempts, signature.timeout_s) == (4, 2.5)
    assert (signature.cpu, signature.keyed, signature.record_key) == (True, True, "url")
    assert anything.examples[0].output == "y"


def test_the_context_is_no_port() -> None:
    assert anything.wants_context
    assert anything.is_async
    assert [port.name for port in anything.signature.inputs] == ["url"]
    assert not price_of.wants_context
    assert not price_of.is_async


def test_outputs_are_the_fields_of_a_named_tuple() -> None:
    assert [(p.name, p.type) for p in stats.signature.outputs] == [
        ("mean", {"type": "number"}),
        ("table", {"x-pai-type": "table"}),
    ]
    dumped = stats.dump_outputs(stats([1.0, 3.0]))
    assert dumped["mean"] == Payload(b"2.0")
    assert dumped["table"].media_type == "application/vnd.apache.parquet"


def test_no_result_means_no_outputs() -> None:
    assert silent.signature.outputs == ()
    assert silent.dump_outputs(None) == {}
    with pytest.raises(WrongType, match=r"expected None, got int"):
        silent.dump_outputs(3)


def test_inputs_are_decoded_validated_and_completed() -> None:
    loaded = price_of.load_inputs(
        {**json_of('{"name": "fish", "price": 2}'), "count": Payload(b"3")}
    )

    assert loaded == {"item": Item(name="fish", price=2), "count": 3, "tags": []}
    assert price_of.func(**loaded) == 6  # type: ignore[arg-type]


def test_a_body_cannot_spoil_a_default() -> None:
    price_of.func(**price_of.load_inputs(json_of('{"name": "x"}')))  # type: ignore[arg-type]

    assert price_of.load_inputs(json_of('{"name": "x"}'))["tags"] == []


@pytest.mark.parametrize(
    ("payloads", "said"),
    [
        ({}, "input 'item' is missing"),
        (json_of('{"price": 2}'), "input 'item' expected Item"),
        ({**json_of('{"name": "x"}'), "count": Payload(b"0")}, "greater than or equal to 1"),
        ({"item": Payload(b"x", "image/png")}, "image/png"),
        (json_of("{"), "input 'item'"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_port(
    payloads: dict[str, Payload], said: str
) -> None:
    with pytest.raises(WrongType, match=said) as caught:
        price_of.load_inputs(payloads)

    assert price_of.name in caught.value.message


@pytest.mark.parametrize(
    ("one", "result", "said"),
    [
        (price_of, "a", "output 'result' expected float, got str 'a'"),
        (price_of, None, "got NoneType None"),
        (stats, 3, "expected Stats, got int"),
        (stats, (1.0, "x"), "output 'table' expected DataFrame, got str 'x'"),
        (stats, (1.0,), "expected Stats, got tuple"),
    ],
)
def test_a_result_of_another_type_names_expected_and_actual(
    one: Block[..., Any], result: object, said: str
) -> None:
    with pytest.raises(WrongType) as caught:
        one.dump_outputs(result)

    assert said in caught.value.message
    assert caught.value.remedy


def test_nan_survives_the_step() -> None:
    dumped = price_of.dump_outputs(math.nan)

    assert math.isnan(float(dumped["result"].data))


def test_called_plainly_a_block_is_its_function() -> None:
    class Lent:
        attempt = 2

    assert price_of(Item(name="a", price=2), 3) == 6
    assert asyncio.run(anything("u", ctx=Lent())) == "u 2"  # type: ignore[arg-type]


def no_hint(x) -> int:  # type: ignore[no-untyped-def]
    return 1


def no_result(x: int):  # type: ignore[no-untyped-def]
    return 1


def starred(*x: int) -> int:
    return 1


def bad_default(x: int = "a") -> int:  # type: ignore[assignment]
    return 1


def none_default(x: str = None) -> int:  # type: ignore[assignment]  # noqa: RUF013
    return 1


def no_json(x: object.__new__) -> int:  # type: ignore[valid-type,name-defined]
    return 1


def nested_table(x: list[pd.DataFrame]) -> int:
    return 1


def lost(x: "Nowhere") -> int:  # type: ignore[name-defined]  # noqa: F821
    return 1


@pytest.mark.parametrize(
    ("func", "said"),
    [
        (no_hint, "input 'x' has no type.*Write one"),
        (no_result, "its result has no type.*-> None"),
        (starred, "'x' is no port"),
        (bad_default, "default of 'x': expected int, got str 'a'"),
        (none_default, "default of 'x': expected str, got NoneType"),
        (no_json, "input 'x' cannot travel"),
        (nested_table, r"DataFrame cannot travel inside.*port of its own"),
        (lost, "'Nowhere'"),
    ],
)
def test_a_function_that_is_no_block_says_why(func: Any, said: str) -> None:
    with pytest.raises(BlockInvalid, match=said):
        block(func)


def test_names_tell_where_a_function_is() -> None:
    assert price_of.name == f"{__name__}:price_of"
    assert find_block("text.join").name == "text.join"
    assert find_block("text.join").module is None


def test_a_script_s_blocks_are_named_by_its_file(tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "my_flow.py"
    script.write_text(
        "from persistentai_lab.blocks import block\n"
        "@block\ndef f(x: int) -> int: ...\nprint(f.name)"
    )

    told = subprocess.check_output([sys.executable, script], text=True)

    assert told.strip() == "my_flow:f"


def test_unknown_blocks_and_versions_are_not_to_be_had() -> None:
    with pytest.raises(BlockUnavailable, match=r"no\.block"):
        find_block("no.block")
    with pytest.raises(BlockUnavailable, match="version 99"):
        find_block("text.join", 99)


def test_the_catalogue_has_what_the_registry_has() -> None:
    assert catalogue().keys() == builtin_registry().keys()
    assert "csv.read" in catalogue()


SOURCE = '''
from __future__ import annotations
from dataclasses import dataclass
from pydantic import BaseModel
from persistentai_lab.blocks import block

FACTOR = {factor}

class Tree(BaseModel):
    size: int
    children: list[Tree] = []

@dataclass
class Spot:
    x: int

def helper(x):
    return x * FACTOR

@block
def scale(x: int) -> int:
    """Scale."""
    return helper(x)

@block
def grow(tree: Tree, spot: Spot) -> Tree:
    """Grow."""
    return Tree(size=tree.size + spot.x, children=[tree])
'''


def test_a_module_runs_from_its_source() -> None:
    blocks = load_source("somebody.flows", SOURCE.format(factor=3))

    assert sorted(blocks) == ["somebody.flows:grow", "somebody.flows:scale"]
    assert blocks["somebody.flows:scale"].func(2) == 6
    grow = blocks["somebody.flows:grow"]
    loaded = grow.load_inputs({"tree": Payload(b'{"size": 1}'), "spot": Payload(b'{"x": 2}')})
    assert grow.dump_outputs(grow.func(**loaded))["result"].data == (
        b'{"size":3,"children":[{"size":1,"children":[]}]}'
    )


def test_two_versions_of_a_module_live_side_by_side() -> None:
    before = dict(sys.modules)
    one = load_source("somebody.flows", SOURCE.format(factor=3))
    two = load_source("somebody.flows", SOURCE.format(factor=5))

    assert load_source("somebody.flows", SOURCE.format(factor=3)) is one
    assert one["somebody.flows:scale"].func(1) == 3
    assert two["somebody.flows:scale"].func(1) == 5
    assert sys.modules.get("somebody.flows") is before.get("somebody.flows")


def test_source_can_be_shipped_again() -> None:
    text = SOURCE.format(factor=3)

    assert load_source("somebody.flows", text)["somebody.flows:scale"].source() == text
    assert "def price_of(" in str(price_of.source())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_package_here", "no_such_package_here"),
        ("def f(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_source_that_does_not_load_says_why(text: str, said: str) -> None:
    with pytest.raises(BlockUnavailable, match=said):
        load_source("broken", text)

    assert "broken" not in sys.modules


def test_blocks_keep_their_function_s_signature_for_editors() -> None:
    assert list(inspect.signature(price_of.func).parameters) == ["item", "count", "tags"]
