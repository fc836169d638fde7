"""Two values differ where their contents do, and nowhere else."""

from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from persistentai_lab.engine.compare import difference
from persistentai_lab.flow.payload import Payload
from persistentai_lab.flow.values import encode
from persistentai_lab.flow.values.table import MEDIA_TYPE


def json(text: str) -> Payload:
    return Payload(text.encode())


def of(value: object) -> Payload:
    return encode(value, type(value))


@pytest.mark.parametrize(
    ("recorded", "again", "told"),
    [
        ("[1,2]", "[ 1, 2 ]", None),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', None),
        ("[NaN, Infinity]", "[ NaN, Infinity]", None),
        ("1", "1.0", "1 → 1.0"),
        ("1", "true", "1 → true"),
        ("0.0", "-0.0", "0.0 → -0.0"),
        ("0.1", "0.10000000000000002", "0.1 → 0.10000000000000002"),
        ("9007199254740993", "9007199254740992", "9007199254740993 → 9007199254740992"),
        ('{"rows":[{"a":1},{"a":2}]}', '{"rows":[{"a":1},{"a":3}]}', ".rows[1].a: 2 → 3"),
        ('{"a":null}', "{}", ".a: null is gone"),
        ("[1]", "[1,2]", "1 items → 2"),
        ('"é"', '"\\u00e9"', None),
    ],
)
def test_json_differs_where_a_value_does(recorded: str, again: str, told: str | None) -> None:
    assert difference(json(recorded), json(again)) == told


@given(st.binary(min_size=1), st.data())
def test_the_first_byte_that_differs_is_named(data: bytes, choose: st.DataObject) -> None:
    at = choose.draw(st.integers(0, len(data) - 1))
    other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    told = difference(Payload(data, "x/y"), Payload(other, "x/y"))

    assert told is not None
    assert told.startswith(f"byte {at:,}:")


TABLE = pd.DataFrame({"mass": [1.0, float("nan"), 3.0], "tags": [["a"], [], None]})


def test_a_table_written_by_another_release_is_the_same() -> None:
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pandas(TABLE), buffer, compression="zstd", version="2.4")
    other = Payload(buffer.getvalue(), MEDIA_TYPE)

    assert bytes(other.data) != bytes(of(TABLE).data)
    assert difference(of(TABLE), other) is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (TABLE.assign(mass=[1.0, float("nan"), 3.5]), "row 2, column 'mass': 3.0 → 3.5"),
        (TABLE.assign(tags=[["a"], ["b"], None]), "row 1, column 'tags': [] → [\"b\"]"),
        (TABLE.rename(columns={"mass": "m"}), 'columns ["mass", "tags"] → ["m", "tags"]'),
        (TABLE.astype({"mass": "float32"}), "column 'mass': double → float"),
        (TABLE.head(2), "3 rows → 2"),
        (TABLE.set_axis([1, 2, 3]), "columns"),
    ],
)
def test_a_table_differs_in_a_cell_a_column_or_its_size(changed: pd.DataFrame, told: str) -> None:
    found = difference(of(TABLE), of(changed))

    assert found is not None
    assert found.startswith(told)


def test_an_array_differs_at_an_index() -> None:
    before = np.array([[1.0, np.nan], [2.0, 3.0]])
    after = before.copy()
    after[1, 0] = 7

    assert difference(of(before), of(before.copy(order="F"))) is None
    assert difference(of(before), of(after)) == "[1, 0]: 2.0 → 7.0 (1 of 4 differ)"
    assert difference(of(before), of(before.astype("f4"))) == "float64 → float32"


def test_an_image_differs_in_a_pixel_not_in_how_it_is_packed() -> None:
    image = Image.new("RGB", (4, 3), "red")
    other = image.copy()
    other.putpixel((2, 1), (0, 0, 255))
    buffer = BytesIO()
    image.save(buffer, format="PNG", compress_level=0)

    assert difference(of(image), Payload(buffer.getvalue(), "image/png")) is None
    assert difference(of(image), of(other)) == "the pixel in column 2, row 1"


def test_bytes_that_are_not_what_they_say_are_compared_as_bytes() -> None:
    assert difference(Payload(b"no", MEDIA_TYPE), Payload(b"xo", MEDIA_TYPE)) == (
        "byte 0: 0x6e → 0x78"
    )


def test_a_value_of_another_kind_is_another_value() -> None:
    assert difference(json("1"), Payload(b"1", "x/y")) == "application/json → x/y"
