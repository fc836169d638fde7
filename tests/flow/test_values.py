"""Values survive the trip between two bodies, or are refused with expected and actual named."""

import datetime as dt
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import PIL.Image
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from persistentai_lab.flow.payload import JSON, Payload
from persistentai_lab.flow.values import (
    BadValue,
    Image,
    JsonType,
    PackageMissing,
    Table,
    decode,
    encode,
    extra,
    schema_of,
)
from persistentai_lab.ids import Json
from tests.strategies import json_values


class Colour(Enum):
    RED = "red"


class Penguin(BaseModel):
    name: str = Field(alias="Name")
    mass: float
    chicks: list["Penguin"] = []


@dataclass
class Spot:
    x: float
    when: dt.datetime


NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 2**70),
        (float, 0.1),
        (float, math.inf),
        (list[float], [1.0, -math.inf]),
        (str, "Ünïcödé \U0001f427"),
        (Any, {"a": [1, 1.0, True, None]}),
        (dict[int, str], {1: "a"}),
        (tuple[int, str], (1, "a")),
        (set[int], {1, 2}),
        (Colour, Colour.RED),
        (Penguin, Penguin(Name="Ada", mass=math.inf, chicks=[Penguin(Name="Bo", mass=1)])),
        (Spot, Spot(1.5, NOW)),
        (dt.timedelta, dt.timedelta(days=1, microseconds=3)),
        (Literal["a", "b"], "b"),
        (bytes, b"\x00\xff"),
        (list[bytes], [b"\x00\xff", b"\xfb\xff\xfe"]),
        (bytes | None, None),
        (bytes | None, b"x"),
        (int | str, "1"),
        (Annotated[int, Field(ge=0)], 3),
        (Any, b"\x00\xff"),
    ],
)
def test_the_trip_changes_nothing(annotation: object, value: object) -> None:
    back = decode(encode(value, annotation), annotation)

    assert back == value
    assert type(back) is type(value)


@given(json_values)
def test_any_json_survives(value: Json) -> None:
    assert decode(encode(value, Any), Any) == value


@pytest.mark.parametrize("annotation", [float, Any])
def test_nan_survives(annotation: object) -> None:
    back = decode(encode(math.nan, annotation), annotation)

    assert isinstance(back, float)
    assert math.isnan(back)


@pytest.mark.parametrize("annotation", [pd.DataFrame, pd.DataFrame | None, Table, Any])
def test_a_table_survives_with_index_types_and_gaps(annotation: object) -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "x": [1.5, math.nan],
            "t": pd.to_datetime(["2026-01-01", None]),
            "c": pd.Categorical(["a", "b"]),
        },
        index=pd.Index(["one", "two"], name="key"),
    )

    payload = encode(table, annotation)

    assert payload.media_type == "application/vnd.apache.parquet"
    pd.testing.assert_frame_equal(decode(payload, annotation), table)  # type: ignore[arg-type]


@pytest.mark.parametrize("annotation", [pl.DataFrame, pl.DataFrame | None])
def test_a_polars_table_survives_with_its_types_and_gaps(annotation: object) -> None:
    table = pl.DataFrame(
        {
            "n": [1, None],
            "c": pl.Series(["a", "b"], dtype=pl.Categorical),
            "t": [NOW, None],
            "d": [dt.date(2026, 1, 1), None],
            "l": [[1], None],
            "o": [{"a": 1}, {"a": 2}],
            "m": pl.Series(["1.50", "2"]).cast(pl.Decimal(10, 2)),
        }
    )

    back = decode(encode(table, annotation), annotation)

    assert isinstance(back, pl.DataFrame)
    assert back.schema == table.schema
    assert back.equals(table)


def test_what_one_library_wrote_the_other_reads() -> None:
    polars = pl.DataFrame({"n": [1, 2], "s": ["a", None]})
    pandas = pd.DataFrame({"n": [1, 2], "s": ["a", None]})

    for annotation in (pd.DataFrame, Table, Any):
        back = decode(encode(polars, Table), annotation)
        pd.testing.assert_frame_equal(back, pandas)  # type: ignore[arg-type]
    assert polars.equals(decode(encode(pandas, Any), pl.DataFrame))  # type: ignore[arg-type]
    assert encode(polars, Any).media_type == encode(pandas, Any).media_type


def test_to_polars_a_named_index_is_a_column_and_one_without_a_name_is_nothing() -> None:
    named = pd.DataFrame({"n": [1]}, index=pd.Index(["x"], name="key"))
    nameless = pd.DataFrame({"n": [1, 2, 3]}).loc[[1, 2]]

    assert decode(encode(named, Table), pl.DataFrame).columns == ["n", "key"]  # type: ignore[attr-defined]
    assert decode(encode(nameless, Table), pl.DataFrame).columns == ["n"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Table, pd.DataFrame({"a": [1]})),
        (pl.DataFrame, pl.DataFrame({"a": [1]})),
        (np.ndarray, np.eye(2)),
        (Image, PIL.Image.new("L", (2, 2))),
        (bytes, b"\x00"),
        (list[int], [1]),
        (Any, "text"),
    ],
)
def test_bytes_may_lie_in_a_memory_map(annotation: object, value: object) -> None:
    payload = encode(value, annotation)
    mapped = Payload(memoryview(payload.data), payload.media_type)  # type: ignore[arg-type]

    assert encode(decode(mapped, annotation), annotation) == payload


def test_an_image_keeps_its_title_and_its_words() -> None:
    image = PIL.Image.new("L", (1, 1))
    image.info |= {"Title": "Masse", "Description": "Säulen; höher ist schwerer.", "dpi": (1, 1)}

    back = decode(encode(image, Image), Any)

    assert isinstance(back, PIL.Image.Image)
    assert back.info == {"Title": "Masse", "Description": "Säulen; höher ist schwerer."}


def test_a_package_that_is_missing_is_named_with_its_extra() -> None:
    with (
        pytest.raises(PackageMissing, match=r"'no_such_package'.*persistentai-lab\[data\]"),
        extra(),
    ):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401


@pytest.mark.parametrize("annotation", [np.ndarray, npt.NDArray[np.float64], Any])
@pytest.mark.parametrize("array", [np.eye(3), np.array(5), np.array(["a", "bc"]), np.zeros((0, 2))])
def test_an_array_survives(annotation: object, array: npt.NDArray[Any]) -> None:
    payload = encode(array, annotation)
    back = decode(payload, annotation)

    assert payload.media_type == "application/x-npy"
    assert isinstance(back, np.ndarray)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1", "P", "I;16"])
def test_an_image_survives(mode: str) -> None:
    image = PIL.Image.new(mode, (4, 3))

    payload = encode(image, PIL.Image.Image)
    back = decode(payload, PIL.Image.Image)

    assert payload.media_type == "image/png"
    assert isinstance(back, PIL.Image.Image)
    assert (back.mode, back.size, back.tobytes()) == (image.mode, image.size, image.tobytes())


@pytest.mark.parametrize(
    ("annotation", "value", "actual"),
    [
        (int, "5", "str '5'"),
        (int, 5.5, "float 5.5"),
        (int, True, "bool True"),
        (bool, 1, "int 1"),
        (str, 3, "int 3"),
        (str, None, "NoneType None"),
        (list[int], [1, "2"], "str '2' at [1]"),
        (dict[str, int], {"a": None}, "NoneType None at ['a']"),
        (Penguin, {"Name": "x", "mass": "heavy"}, "str 'heavy' at ['mass']"),
        (Literal["a"], "b", "str 'b'"),
        (Annotated[int, Field(ge=0)], -1, "int -1"),
        (int, object(), "object"),
        (Any, object(), "object"),
        (list[int], "a" * 500, "…"),
        (bytes, "text", "str 'text'"),
        (pd.DataFrame, [1], "list [1]"),
        (pd.DataFrame, pd.DataFrame({"a": [object()]}), "cannot"),
        (np.ndarray, [1], "list [1]"),
        (np.ndarray, np.array([object()]), "Python objects"),
        (PIL.Image.Image, "x", "str 'x'"),
        (PIL.Image.Image, PIL.Image.new("CMYK", (1, 1)), "CMYK"),
        (pd.DataFrame | None, "x", "str"),
        (pd.DataFrame, pl.DataFrame({"a": [1]}), "polars DataFrame"),
        (pl.DataFrame, pd.DataFrame({"a": [1]}), "pandas DataFrame"),
        (pl.DataFrame, pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)}), "cannot"),
        (Table, pl.LazyFrame({"a": [1]}), "LazyFrame"),
        (Table | None, "x", "str"),
        (Image, b"x", "bytes"),
    ],
)
def test_a_value_of_another_type_is_refused(annotation: object, value: object, actual: str) -> None:
    with pytest.raises(BadValue) as caught:
        encode(value, annotation)

    assert actual in caught.value.actual
    assert caught.value.expected
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "annotation", [int, bytes, pd.DataFrame, pl.DataFrame, Table, np.ndarray, Image, Any]
)
def test_bytes_of_another_kind_are_refused(annotation: object) -> None:
    with pytest.raises(BadValue):
        decode(Payload(b"x", "text/strange"), annotation)


@pytest.mark.parametrize(
    ("annotation", "media_type"),
    [
        (int, JSON),
        (pd.DataFrame, "application/vnd.apache.parquet"),
        (pl.DataFrame, "application/vnd.apache.parquet"),
        (np.ndarray, "application/x-npy"),
        (PIL.Image.Image, "image/png"),
    ],
)
def test_broken_bytes_are_refused(annotation: object, media_type: str) -> None:
    with pytest.raises(BadValue):
        decode(Payload(b"\x93NUMPY broken", media_type), annotation)


def test_a_pickle_in_an_array_is_never_opened() -> None:
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)

    with pytest.raises(BadValue):
        decode(Payload(buffer.getvalue(), "application/x-npy"), np.ndarray)


@pytest.mark.parametrize(
    ("value", "annotation", "data"),
    [
        (np.int64(3), int, b"3"),
        (np.float32(1.5), float, b"1.5"),
        (np.bool_(True), bool, b"true"),
        ({"mean": np.float64(2)}, dict[str, float], b'{"mean":2.0}'),
    ],
)
def test_numpy_numbers_count_as_numbers(value: object, annotation: object, data: bytes) -> None:
    assert encode(value, annotation).data == data


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (Any, {}),
        (pd.DataFrame, {"x-pai-type": "table"}),
        (pl.DataFrame, {"x-pai-type": "table"}),
        (Table, {"x-pai-type": "table"}),
        (Table | None, {"anyOf": [{"x-pai-type": "table"}, {"type": "null"}]}),
        (Image, {"x-pai-type": "image"}),
        (npt.NDArray[np.float64], {"x-pai-type": "array"}),
        (PIL.Image.Image, {"x-pai-type": "image"}),
        (bytes, {"x-pai-type": "bytes"}),
        (pd.DataFrame | None, {"anyOf": [{"x-pai-type": "table"}, {"type": "null"}]}),
        (Annotated[Any, JsonType({"type": "integer"})], {"type": "integer"}),
    ],
)
def test_the_schema_says_which_codec(annotation: object, schema: Json) -> None:
    assert schema_of(annotation) == schema


@pytest.mark.parametrize(
    "annotation", [list[pd.DataFrame], list[Table], dict[str, np.ndarray], object.__new__]
)
def test_what_cannot_travel_is_refused_by_name(annotation: object) -> None:
    with pytest.raises(TypeError, match=r"travel|no JSON form"):
        schema_of(annotation)


@given(st.binary(max_size=20))
def test_any_bytes_survive(data: bytes) -> None:
    assert decode(encode(data, bytes), bytes) == data


def test_the_members_of_a_union_keep_their_order() -> None:
    for first, second in (("integer", "string"), ("string", "integer")):
        words = {"integer": int, "string": str}
        union = words[first] | words[second]
        assert schema_of(union) == {"anyOf": [{"type": first}, {"type": second}]}


def test_naming_a_type_imports_no_heavy_library() -> None:
    code = (
        "import sys; from persistentai_lab.flow.values import schema_of, encode\n"
        "from persistentai_lab.flow.values import Image, Table\n"
        "from typing import Any; schema_of(list[int]); encode({'a': 1}, Any)\n"
        "schema_of(Table); schema_of(Image | None)\n"
        "import json; print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))

    assert not {"pandas", "polars", "numpy", "pyarrow", "PIL", "networkx", "jsonschema"} & set(
        loaded
    )
