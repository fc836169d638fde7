import json
from pathlib import Path

import pytest

from persistentai_lab.errors import FlowInvalid, LabError, Problem
from persistentai_lab.widgets import flow as module
from persistentai_lab.widgets.flow import FlowWidget
from persistentai_lab.widgets.mime import FLOW
from tests.widgets.conftest import Wire

GRAPH = {"nodes": [{"id": "a"}]}
EDITED = {"nodes": [{"id": "a", "value": 2}]}
LOADER = Path(module.__file__).with_name("loader.js")


class Nowhere:
    """A gateway that nobody asks."""

    def forward(self, method, path, body):
        raise AssertionError(path)

    def follow(self, run_id, after):
        raise AssertionError(run_id)


@pytest.fixture
def wire():
    return Wire()


def widget(wire, start=None, **more):
    made = FlowWidget(GRAPH, gateway=Nowhere(), start=start, **more)
    made.comm = wire
    return made


def refusing(error):
    def start(inputs, values):
        raise error

    return start


def test_what_is_sent_for_each_widget_is_a_small_loader():
    assert len(LOADER.read_bytes()) <= 5 * 1024
    assert FlowWidget._esm == LOADER.read_text()


def test_the_state_that_notebooks_save_holds_what_is_shown_and_no_more():
    state = FlowWidget(GRAPH, gateway=Nowhere(), run_id="r-1").get_state()

    ours = {"graph", "run_id", "can_run"}
    assert {name: state[name] for name in ours} == {
        "graph": GRAPH, "run_id": "r-1", "can_run": False,
    }  # fmt: skip
    theirs = ("_", "layout", "tooltip", "tabbable", "comm")
    assert [name for name in state if name not in ours and not name.startswith(theirs)] == []
    assert len(json.dumps(state)) < 10_000


def test_a_view_starts_a_run_with_other_inputs_and_literals(wire):
    asked = []

    def start(inputs, values):
        asked.append((inputs, values))
        return "r-2", EDITED

    shown = widget(wire, start)
    wire.say(shown, type="run", id="v.1", inputs={"n": 1}, values={"a": {"x": 2}})

    state, _ = wire.said("update")
    answer, _ = wire.said("ran")
    assert asked == [({"n": 1}, {"a": {"x": 2}})]
    assert state == {"graph": EDITED, "run_id": "r-2"}
    assert answer == {"type": "ran", "id": "v.1", "run_id": "r-2"}
    assert shown.data()["run_id"] == "r-2"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LabError("No.", remedy="Do."), {"code": "lab_error", "message": "No.", "remedy": "Do."}),
        (
            FlowInvalid([Problem("bad_value", "Not a number.", "Write one.", "a", "x")]),
            {"code": "bad_value", "message": "Not a number.", "node": "a", "port": "x"},
        ),
        (
            FlowInvalid([Problem("one", "First.", "Do."), Problem("two", "Second.", "Do.")]),
            {"code": "one", "message": "First. (1 more like it.)"},
        ),
        (ZeroDivisionError("by zero"), {"code": "kernel_error"}),
    ],
)
def test_a_run_that_cannot_start_says_why_and_what_to_do(wire, error, told):
    shown = widget(wire, refusing(error))

    wire.say(shown, type="run", id="v.1", inputs={}, values={})

    answer, _ = wire.said("ran")
    assert told.items() <= answer["error"].items()
    assert answer["error"]["remedy"]
    assert shown.run_id is None


def test_a_widget_that_only_looks_refuses_to_run(wire):
    shown = widget(wire)

    wire.say(shown, type="run", id="v.1", inputs={}, values={})

    assert wire.said("ran")[0]["error"]["code"] == "cannot_run"


@pytest.mark.parametrize(
    "content",
    [{}, {"type": "run"}, {"type": "fetch", "id": 1}, {"type": "dance", "id": "1"}, {"id": None}],
)
def test_what_nobody_could_have_meant_is_dropped(wire, content):
    shown = widget(wire)

    wire.say(shown, **content)
    wire.say(shown, type="run", id="last")

    assert wire.said("ran")[0]["id"] == "last"


def test_a_page_without_jupyter_gets_the_bundle_from_the_kernel(wire, tmp_path, monkeypatch):
    (tmp_path / "ui.js").write_text("export const mount = 1;")
    monkeypatch.setattr(module, "BUNDLE", tmp_path / "ui.js")
    module.bundle.cache_clear()
    shown = widget(wire)

    wire.say(shown, type="bundle", id="v.1")

    answer, (data,) = wire.said("bundle")
    module.bundle.cache_clear()
    assert answer["id"] == "v.1"
    assert bytes(data) == b"export const mount = 1;"


def test_a_widget_in_a_cell_has_a_form_for_every_front_end():
    shown = FlowWidget(GRAPH, gateway=Nowhere(), others={"text/html": "<b>picture</b>"})

    bundle, _ = shown._repr_mimebundle_()

    assert bundle[FLOW]["model_id"] == shown.model_id
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == shown.model_id
    assert bundle["text/html"] == "<b>picture</b>"
