"""Code and drawing say the same: tracing what was written gives the flow back."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import numpy as np
import pandas as pd
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persistentai_lab.errors import FlowInvalid
from persistentai_lab.flow.annotation import Annotations
from persistentai_lab.flow.check import check
from persistentai_lab.flow.codec import dumps, flow_hash
from persistentai_lab.flow.flow import Flow, flow
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.flow.to_code import to_code
from persistentai_lab.flow.values import JsonType, schema_of
from persistentai_lab.ids import JsonSchema
from tests.flow.drawing import CATALOGUE, HERE, add, divide, fetch, greet, halve, node, spec, total
from tests.strategies import sound_flows, types

SIMPLE = {one.name: one.signature for one in (add, divide, halve, greet)}


def run(code: str) -> Flow[..., Any]:
    """Run generated code and return the last flow that it draws."""
    names: dict[str, Any] = {"__name__": "generated"}
    exec(code, names)
    return [value for value in names.values() if isinstance(value, Flow)][-1]


def test_code_reads_as_a_person_would_have_written_it() -> None:
    @flow
    def report(path: str, n: int = 3) -> int:
        """Sum the rows."""
        parts = divide(total(fetch(path), column="n"), by=n)
        return add.with_(id="again", retry=3, timeout_s=5)(add(parts.whole, parts.rest))

    assert (
        report.to_code()
        == f'''\
import persistentai_lab as pai
from {HERE} import add, divide, fetch, total


@pai.flow
def report(path: str, n: int = 3):
    """Sum the rows."""
    fetch_ = fetch(path=path)
    total_ = total(rows=fetch_, column="n")
    divide_ = divide(number=total_, by=n)
    add_ = add(left=divide_.whole, right=divide_.rest)
    again = add.with_(id="again", retry=3, timeout_s=5.0)(left=add_)
    return again
'''
    )


@settings(deadline=None)
@given(sound_flows(SIMPLE, depth=2))
def test_tracing_the_code_gives_the_flow_back(drawn: FlowSpec) -> None:
    assert check(drawn, SIMPLE) == []

    back = run(to_code(drawn, SIMPLE))

    assert dumps(back.spec) == dumps(drawn)
    assert flow_hash(back.spec) == flow_hash(drawn)
    assert back.check() == []


@given(types())
def test_every_type_has_an_annotation_that_makes_it(schema: JsonSchema) -> None:
    written = Annotations()
    names: dict[str, Any] = {}
    text = written.write(schema)
    for line in written.imports:
        exec(line, names)

    assert schema_of(eval(text, names)) == schema


@pytest.mark.parametrize(
    ("annotation", "code"),
    [
        (str, "str"),
        (int | None, "int | None"),
        (list[dict[str, Any]], "list[dict[str, Any]]"),
        (dict[str, list[float]], "dict[str, list[float]]"),
        (Literal["a", "b"], 'Literal["a", "b"]'),
        (Literal[True], "Literal[True]"),
        (set[int], "set[int]"),
        (dt.datetime, "datetime.datetime"),
        (Path, "Path"),
        (UUID, "UUID"),
        (bytes | None, "bytes | None"),
        (pd.DataFrame, "pandas.DataFrame"),
        (np.ndarray, "numpy.ndarray"),
        (PIL.Image.Image, "PIL.Image.Image"),
        (Annotated[Any, JsonType({"type": "integer", "minimum": 1})],
         'Annotated[Any, JsonType({"type": "integer", "minimum": 1})]'),
    ],
)  # fmt: skip
def test_types_are_written_short_where_python_has_a_name(annotation: object, code: str) -> None:
    assert Annotations().write(schema_of(annotation)) == code


@given(st.text(alphabet="ab\"'\\\n", max_size=8))
def test_any_docstring_survives(doc: str) -> None:
    drawn = spec(node("add", add, left=1))

    assert run(to_code(drawn, CATALOGUE, doc=doc)).doc.strip() == doc.strip()


@pytest.mark.parametrize("block", ["not python.at all", "my.mod:Outer.inner", "m:f.<locals>.g"])
def test_a_block_that_code_cannot_import_is_named(block: str) -> None:
    signature = CATALOGUE[add.name].model_copy(update={"block": block})

    with pytest.raises(FlowInvalid) as caught:
        to_code(spec(node("a", block, left=1)), {block: signature})

    assert [(p.code, p.node) for p in caught.value.problems] == [("no_code", "a")]
