"""Which types fit which: the table, and the laws."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from persistentai_lab.flow.compat import misfit
from persistentai_lab.flow.describe import describe
from persistentai_lab.flow.values import schema_of
from persistentai_lab.ids import JsonSchema
from tests.strategies import json_values, types


class Name(BaseModel):
    name: str


class Penguin(BaseModel):
    name: str
    mass: int


class Heavy(BaseModel):
    name: str
    mass: float


class Maybe(BaseModel):
    name: str
    mass: int | None = None


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Tree(BaseModel):
    label: str
    children: list["Tree"] = []


class Wood(BaseModel):
    label: str
    children: list["Wood"] = []
    size: int = 0


class NumberTree(BaseModel):
    label: int
    children: list["NumberTree"] = []


class Row(TypedDict):
    name: str


TABLE = {"x-pai-type": "table"}
ARRAY = {"x-pai-type": "array"}

FITS = [
    (int, int),
    (int, float),
    (int, Any),
    (str, object),
    (Literal["a"], str),
    (Literal["a"], Literal["a", "b"]),
    (Literal[1, 2], int),
    (Literal[1, 2], float),
    (Literal[True], bool),
    (bool, Literal[True, False]),
    (bool, bool | None),
    (None, int | None),
    (int, int | None),
    (int, int | str),
    (int | str, str | int),
    (int | None, float | None),
    (Literal["a"] | int, str | float),
    (Annotated[int, Field(ge=0)], int),
    (int, Annotated[int, Field(ge=0)]),
    (str, Annotated[str, Field(pattern="^a")]),
    (str, Path),
    (dt.datetime, str),
    (dt.date, dt.date),
    (list[int], list[int]),
    (list[int], list[float]),
    (list[int], list),
    (list[int], list[Any]),
    (list[int], set[int]),
    (tuple[int, int], list[int]),
    (tuple[int, str], list[int | str]),
    (tuple[int, str], tuple[float, str]),
    (tuple[int, ...], list[int]),
    (tuple[()], list[int]),
    (list[Penguin], list[Name]),
    (dict[str, int], dict[str, int]),
    (dict[str, int], dict[str, float]),
    (dict[str, int], dict),
    (dict, dict[str, Any]),
    (list[dict], list[dict[str, Any]]),
    (Penguin, Penguin),
    (Penguin, Name),
    (Penguin, Heavy),
    (Penguin, Maybe),
    (Penguin, Row),
    (Row, Name),
    (Name, Maybe),
    (Name, Strict),
    (Name, Open),
    (Open, Name),
    (Penguin, dict),
    (Penguin, dict[str, Any]),
    (Penguin, dict[str, int | str]),
    (Penguin, Open),
    (Tree, Tree),
    (Wood, Tree),
    (Tree, dict[str, Any]),
    (list[Penguin | Heavy], list[Name]),
]
MISFITS = [
    (float, int, "number does not fit integer"),
    (bool, int, "boolean"),
    (int, bool, "integer does not fit boolean"),
    (bool, float, "does not fit number"),
    (bool, Literal[True], "false does not fit"),
    (str, int, "string does not fit integer"),
    (Any, int, "values.cast"),
    (object, str, "values.cast"),
    (int | None, int, "null does not fit integer"),
    (int | str, int, "string does not fit integer"),
    (str, Literal["a"], 'string does not fit "a"'),
    (Literal["a", "c"], Literal["a", "b"], '"c" does not fit "a" or "b"'),
    (Literal[1], bool, "1 does not fit boolean"),
    (Literal[1], Literal[True], "1 does not fit true"),
    (Literal["2020-01-01"], dt.date, "date"),
    (str, dt.datetime, "string does not fit date-time"),
    (dt.date, dt.datetime, "date does not fit date-time"),
    (list[str], list[int], "In '[]' string"),
    (list, list[int], "values.cast"),
    (list[int], tuple[int, int], "list of integer does not fit (integer, integer)"),
    (tuple[int, int, int], tuple[int, int], "does not fit"),
    (tuple[int, str], list[int], "string does not fit integer"),
    (str, list[str], "string does not fit list of string"),
    (list[Name], list[Penguin], "lacks the field 'mass'"),
    (Name, Penguin, "It lacks the field 'mass'."),
    (Maybe, Penguin, "may lack the field 'mass'"),
    (Heavy, Penguin, "In 'mass' number does not fit integer"),
    (Penguin, Strict, "'mass' is not accepted"),
    (Open, Strict, "fields that are not accepted"),
    (dict, Strict, "may lack"),
    (dict[str, str], Name, "may lack the field 'name'"),
    (dict[str, str], dict[str, int], "In '*' string"),
    (dict, dict[str, int], "values.cast"),
    (Penguin, dict[str, int], "In 'name' string"),
    (Tree, NumberTree, "string does not fit integer"),
    (Tree, str, "does not fit string"),
    (str, Penguin, "string does not fit {name: string, mass: integer}"),
]


@pytest.mark.parametrize(("source", "target"), FITS)
def test_fits(source: object, target: object) -> None:
    assert misfit(schema_of(source), schema_of(target)) is None


@pytest.mark.parametrize(("source", "target", "why"), MISFITS)
def test_misfits_in_one_sentence(source: object, target: object, why: str) -> None:
    found = misfit(schema_of(source), schema_of(target))

    assert found is not None
    assert why.lower() in found.lower()
    assert found.endswith(".")
    assert found[0] == found[0].upper()


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (TABLE, TABLE, True),
        (TABLE, {}, True),
        (TABLE, ARRAY, False),
        (TABLE, {"type": "string"}, False),
        ({"type": "string"}, TABLE, False),
        ({}, TABLE, False),
        (TABLE, {"anyOf": [TABLE, {"type": "null"}]}, True),
        ({"const": 1}, TABLE, False),
        ({"type": ["integer", "null"]}, {"anyOf": [{"type": "null"}, {"type": "number"}]}, True),
        ({"type": ["integer", "null"]}, {"type": "integer"}, False),
        ({"const": {"a": 1}}, {"type": "object", "properties": {"a": {"type": "integer"}}}, True),
        ({"const": {"a": 1}}, {"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ({"const": [1, 2]}, {"type": "array", "items": {"type": "integer"}}, True),
        ({"const": [1, "a"]}, {"type": "array", "items": {"type": "integer"}}, False),
        ({"enum": []}, {"type": "integer"}, True),
        ({"type": "integer"}, {"allOf": [{"type": "number"}, {"type": "integer"}]}, True),
        ({"type": "number"}, {"allOf": [{"type": "number"}, {"type": "integer"}]}, False),
        ({"allOf": [{"type": "string"}, {"pattern": "a"}]}, {"type": "string"}, True),
        ({"$ref": "#/$defs/No"}, {"type": "integer"}, False),
        ({"$ref": "#"}, {"type": "integer"}, False),
        ({"$ref": "https://example.org/x"}, {"type": "integer"}, False),
        ({"type": "integer"}, {"not": {}}, True),
    ],
)
def test_handwritten_schemas(source: JsonSchema, target: JsonSchema, fits: bool) -> None:
    assert (misfit(source, target) is None) is fits


@given(types())
def test_every_type_fits_itself_and_any(schema: JsonSchema) -> None:
    copy = {"title": "a copy that is not equal", **schema}

    assert misfit(schema, copy) is None
    assert misfit(schema, {}) is None


def chains(forgetful: bool, optional: bool) -> st.SearchStrategy[tuple[JsonSchema, ...]]:
    return st.tuples(*[types(forgetful=forgetful, optional=optional)] * 3)


@given(st.tuples(st.booleans(), st.booleans()).flatmap(lambda kind: chains(*kind)))
def test_fitting_is_transitive(chain: tuple[JsonSchema, ...]) -> None:
    one, two, three = chain
    if misfit(one, two) is None and misfit(two, three) is None:
        assert misfit(one, three) is None


@given(types(), types())
def test_a_union_fits_exactly_if_each_member_does(one: JsonSchema, two: JsonSchema) -> None:
    both: JsonSchema = {"anyOf": [one, two]}

    assert misfit(one, both) is None
    assert (misfit(both, one) is None) == (misfit(two, one) is None)


KEYWORDS = st.sampled_from(
    [
        "type",
        "enum",
        "const",
        "$ref",
        "$defs",
        "anyOf",
        "oneOf",
        "allOf",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "format",
        "pattern",
        "x-pai-type",
        "title",
    ]
)


@example({}, {"type": ""})
@given(types(), st.dictionaries(KEYWORDS, json_values | types() | st.lists(types(), max_size=2)))
def test_never_raises_whatever_the_schema(one: JsonSchema, other: JsonSchema) -> None:
    for why in (misfit(one, other), misfit(other, one)):
        assert why is None or why.endswith(".")
    assert describe(other)
