"""What is written without its model is what the model would have written."""

import json

import pytest

from persistentai_lab.engine.records.values import Value, raw_object
from persistentai_lab.events import quick
from persistentai_lab.events.model import NodeCompleted, NodeStarted
from persistentai_lab.flow.payload import JSON, Payload
from persistentai_lab.flow.sketch import Sketch
from persistentai_lab.ids import Json

VALUES: list[Json] = [
    None, True, 0, -17, 2**70, 1.5, 12.0, 1e-06, 1e300, "", "text", 'a "quote"', "back \\ slash",
    "NUL \0", "é 漢 🐧 \u2028", "NaN", [], {}, [1, [2, {"a": None}]], {"ä": 'x"y', "b": [1.0]},
    "x" * 398, "x" * 399, "é" * 200,
]  # fmt: skip


def test_a_start_is_told_as_its_model_tells_it() -> None:
    for block in ("time.wait", 'a "b" \\ é:f'):
        model = NodeStarted(block=block, worker="worker-1")

        assert quick.started(block, "worker-1") == model.model_dump_json()


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_an_end_is_told_as_its_model_tells_it(value: Json, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    outputs = {"result": Value(JSON, len(data), Payload(data)), 'odd "name"': Value.of_json(value)}
    infos = {name: value.info for name, value in outputs.items()}

    text = quick.completed(0.000123, [(name, it.info_text) for name, it in outputs.items()])

    model = NodeCompleted(duration_s=0.000123, outputs=infos)
    assert json.loads(text) == json.loads(model.model_dump_json())
    assert NodeCompleted.model_validate_json(text) == model


@pytest.mark.parametrize("text", ["NaN", "[Infinity]"])
def test_numbers_without_a_word_in_json_are_left_to_the_model(text: str) -> None:
    value = Value(JSON, len(text), Payload(text.encode()))

    assert json.loads(value.info_text, parse_constant=pytest.fail) == json.loads(
        value.info.model_dump_json()
    )


def test_what_lies_elsewhere_is_left_to_the_model() -> None:
    kept = Value(JSON, 3, Payload(b'"x"'), sha256="ab" * 32)
    sketched = Value(JSON, 3, Payload(b'"x"'), sketch=Sketch("text", "x"))
    table = Value("application/vnd.apache.parquet", 3, Payload(b"abc", "parquet"), sha256="cd" * 32)
    gone = Value(JSON, 3, sha256="ef" * 32, expired_at="2026-01-01T00:00:00+00:00")

    for value in (kept, sketched, table, gone):
        assert value.info_text == value.info.model_dump_json()


def test_several_outputs_are_one_object() -> None:
    outputs = {"a": Value.of_json(1), 'b "c"': Value.of_json("é")}

    assert json.loads(raw_object(outputs)) == {"a": {"json": 1}, 'b "c"': {"json": "é"}}
