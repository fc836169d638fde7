"""What a flow and a run give to a cell, with and without a kernel."""

import builtins
import json
import os
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

import persistentai_lab as pai
from persistentai_lab.examples.penguins import report
from persistentai_lab.flow.graph import graph_of
from persistentai_lab.notebook import display
from persistentai_lab.widgets.mime import FLOW, flow_json
from tests.client.gateway_double import GatewayDouble, run_of

WIDGET = "application/vnd.jupyter.widget-view+json"
GRAPH = graph_of(report.spec, report.signatures)


def test_a_script_shows_a_flow_in_words_as_a_picture_and_as_data():
    bundle = report._repr_mimebundle_()

    assert set(bundle) == {"text/plain", "text/html", FLOW}
    assert bundle["text/plain"] == "<flow 'report': 13 nodes>"
    assert "data:image/svg+xml" in bundle["text/html"]
    assert bundle[FLOW] == flow_json(GRAPH)


def test_a_run_shows_its_graph_and_its_id(gateway, client):
    gateway.graph, gateway.flow = GRAPH, json.loads(report.to_json())
    gateway.status, gateway.events = "running", run_of(3)[:2]

    bundle = pai.Run("r-1", client=client)._repr_mimebundle_()

    assert (bundle[FLOW]["run_id"], bundle[FLOW]["graph"]) == ("r-1", GRAPH)
    assert "data:image/svg+xml" in bundle["text/html"]


@pytest.mark.parametrize(("status", "is_final"), [("running", False), ("completed", True)])
def test_the_picture_of_a_run_says_whether_it_shows_the_end(gateway, client, status, is_final):
    gateway.status, gateway.flow = status, json.loads(report.to_json())
    gateway.graph, gateway.events = GRAPH, run_of(3)

    bundle = pai.Run("r-1", client=client)._repr_mimebundle_()

    assert bundle[FLOW]["is_final"] == is_final


def test_a_run_of_a_runtime_that_is_away_says_what_to_do_and_can_come_alive_later(gateway, client):
    run = pai.Run("r-1", client=client)
    gateway.stop()
    gateway.socket.unlink()

    bundle = run._repr_mimebundle_()

    assert "persistentai up" in bundle["text/html"]
    assert bundle[FLOW] == flow_json(None, "r-1")


def test_a_run_of_a_gateway_that_draws_no_graphs_yet_is_shown_all_the_same(gateway, client):
    gateway.status, gateway.flow = "running", json.loads(report.to_json())
    gateway.events = run_of(3)[:2]

    bundle = pai.Run("r-1", client=client)._repr_mimebundle_()

    assert (bundle[FLOW]["run_id"], bundle[FLOW]["graph"]) == ("r-1", None)


def test_a_run_that_is_shown_often_has_one_widget(gateway, client, monkeypatch):
    monkeypatch.setattr(display, "has_comm", lambda: True)
    gateway.flow, gateway.events = json.loads(report.to_json()), run_of(3)[:2]
    run = pai.Run("r-1", client=client)

    before = run._repr_mimebundle_()
    gateway.graph = GRAPH
    again = run._repr_mimebundle_()

    assert before[FLOW]["model_id"] == again[FLOW]["model_id"] == run.widget().model_id
    assert (before[FLOW]["graph"], again[FLOW]["graph"]) == (None, GRAPH)


def test_without_ipywidgets_a_kernel_still_shows_the_rest(monkeypatch):
    real = builtins.__import__

    def no_widgets(name, *args, **keys):
        if "anywidget" in name:
            raise ImportError(name)
        return real(name, *args, **keys)

    monkeypatch.delitem(sys.modules, "persistentai_lab.widgets.flow", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_widgets)
    monkeypatch.setattr(display, "has_comm", lambda: True)

    assert set(report._repr_mimebundle_()) == {"text/plain", "text/html", FLOW}


def test_showing_a_flow_where_nothing_can_be_talked_to_loads_no_widgets():
    script = (
        "import sys; from persistentai_lab.examples.penguins import report\n"
        "report._repr_mimebundle_(); print('anywidget' in sys.modules, 'ipywidgets' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout.split() == ["False", "False"], done.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_real_kernel_shows_a_widget_that_starts_runs(here: GatewayDouble):
    manager, kernel = start_new_kernel(env=os.environ | {"PYTHONPATH": os.getcwd()})
    try:
        kernel.execute("from persistentai_lab.examples.penguins import report\nreport")
        bundle = _next(kernel, "execute_result")["data"]
        model = bundle[FLOW]["model_id"]
        values = {"where_table": {"digits": 4}}
        content = {"type": "run", "id": "1", "inputs": {"seconds": 0}, "values": values}
        _tell(kernel, model, content)
        state = _next(kernel, "comm_msg")["data"]["state"]
        answer = _next(kernel, "comm_msg")["data"]["content"]
        _tell(kernel, model, content | {"id": "2", "values": {"where_table": {"digits": "x"}}})
        refused = _next(kernel, "comm_msg")["data"]["content"]
        _tell(kernel, model, {"type": "picture", "id": "3", "run_id": "r-1"})
        unfinished = _next(kernel, "comm_msg")["data"]["content"]
        here.status, here.flow, here.events = "completed", json.loads(report.to_json()), run_of(3)
        _tell(kernel, model, {"type": "picture", "id": "4", "run_id": "r-1"})
        ended = _next(kernel, "comm_msg")["data"]["content"]
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)

    assert set(bundle) >= {"text/plain", "text/html", FLOW, WIDGET}
    assert bundle[WIDGET]["model_id"] == model
    assert answer == {"type": "ran", "id": "1", "run_id": "r-1"}
    assert state["run_id"] == "r-1"
    (table,) = (node for node in state["graph"]["nodes"] if node["id"] == "where_table")
    assert ("digits", 4) in [(port["name"], port["value"]) for port in table["inputs"]]
    started = next(body for body in here.bodies if body and "flow" in body)
    assert started["inputs"] == {"seconds": 0}
    assert {"digits": 4, "style": "markdown"} in [n["values"] for n in started["flow"]["nodes"]]
    assert (refused["error"]["code"], refused["error"]["port"]) == ("bad_value", "digits")
    assert refused["error"]["remedy"]
    assert (unfinished["id"], unfinished["html"]) == ("3", None)
    assert "completed" in ended["html"]


def _tell(kernel, model, content):
    data = {"method": "custom", "content": content}
    kernel.shell_channel.send(kernel.session.msg("comm_msg", {"comm_id": model, "data": data}))


def _next(kernel, kind):
    while True:
        message = kernel.get_iopub_msg(timeout=60)
        assert message["msg_type"] != "error", message["content"]
        if message["msg_type"] == kind:
            return message["content"]
