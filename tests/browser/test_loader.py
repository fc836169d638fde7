"""The loader of the widget in a page that is no Jupyter page: all it has is a kernel to talk to."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
from comm.base_comm import BaseComm
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from persistentai_lab.client import Address, Client
from persistentai_lab.examples.penguins import report
from persistentai_lab.flow.graph import graph_of
from persistentai_lab.notebook.display import Carrier
from persistentai_lab.widgets.flow import FlowWidget
from tests.browser.conftest import WAIT_MS
from tests.client.gateway_double import GatewayDouble, envelope, serving

PAGE = """
async ([url, loader, state]) => {
  const { default: widget } = await import(URL.createObjectURL(
    new Blob([loader], { type: 'text/javascript' })
  ));
  const socket = new WebSocket(url);
  await new Promise(done => (socket.onopen = done));
  const listeners = {};
  const fire = (name, ...args) => (listeners[name] ?? []).slice().forEach(each => each(...args));
  const model = {
    get: name => state[name],
    on: (name, each) => (listeners[name] ??= []).push(each),
    off: (name, each) => (listeners[name] = (listeners[name] ?? []).filter(it => it !== each)),
    send: message => socket.send(JSON.stringify(message))
  };
  socket.onmessage = ({ data }) => {
    const { method, state: news, content, buffers } = JSON.parse(data);
    if (method === 'update') {
      Object.assign(state, news);
      for (const name of Object.keys(news)) fire(`change:${name}`);
    } else {
      const bytes = buffers.map(text => Uint8Array.from(atob(text), c => c.charCodeAt(0)));
      fire('msg:custom', content, bytes.map(each => new DataView(each.buffer)));
    }
  };
  window.lose = () => fire('comm_live_update');
  const el = document.createElement('div');
  document.body.append(el);
  window.leave = await widget.render({ model, el });
}
"""


class Kernel(BaseComm):
    """The widget's comm, as messages over a WebSocket to the page."""

    def __init__(self) -> None:
        self.page: ServerConnection | None = None
        self.heard: list[dict[str, Any]] = []
        super().__init__(target_name="jupyter.widget", comm_id="w-1")

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None,
                    buffers: Any = None, **keys: Any) -> None:  # fmt: skip
        if data and self.page is not None:
            texts = [base64.b64encode(bytes(buffer)).decode() for buffer in buffers or []]
            self.page.send(json.dumps({**data, "buffers": texts}))

    def talk(self, page: ServerConnection) -> None:
        self.page = page
        for text in page:
            content = json.loads(text)
            self.heard.append(content)
            data = {"method": "custom", "content": content}
            self.handle_msg({"content": {"data": data}, "buffers": []})


@contextmanager
def listening(kernel: Kernel) -> Iterator[str]:
    def page(connection: ServerConnection, request: Request) -> Response | None:
        is_socket = "Upgrade" in request.headers
        return None if is_socket else connection.respond(HTTPStatus.OK, "A page of no Jupyter.")

    with serve(kernel.talk, "127.0.0.1", 0, process_request=page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayDouble]:
    with serving(tmp_path_factory.mktemp("gw")) as double:
        double.graph = graph_of(report.spec, report.signatures)
        yield double


@pytest.fixture
def shown(browser, gateway):
    """Render a widget of the penguins' flow in an empty page; gives the page and its kernel."""
    made: list[FlowWidget] = []
    context = browser.new_context(viewport={"width": 1000, "height": 600})
    context.set_default_timeout(WAIT_MS)
    client = Client(Address(socket=gateway.socket))
    kernel = Kernel()

    def show(**options: Any) -> Any:
        widget = FlowWidget(gateway.graph, gateway=Carrier(lambda: client), **options)
        widget.comm = kernel
        made.append(widget)
        page = context.new_page()
        page.goto(url)
        state = {name: getattr(widget, name) for name in ("graph", "run_id", "can_run")}
        page.evaluate(PAGE, [url.replace("http", "ws"), FlowWidget._esm, state])
        return page, kernel

    with listening(kernel) as url:
        yield show
        context.close()
        for widget in made:
            widget.close()
        client.close()


def events(*more: tuple[str, str | None, dict[str, Any]]) -> list[dict[str, Any]]:
    facts = [
        ("run.created", None, {"flow": "report", "flow_hash": "f", "steps": 13}),
        ("run.started", None, {"worker": "w1"}),
        ("node.started", "read", {"block": "csv.read", "worker": "w1"}),
        *more,
    ]
    return [envelope(seq, kind, node, **rest) for seq, (kind, node, rest) in enumerate(facts, 1)]


def test_without_a_jupyter_page_the_bundle_and_the_events_come_from_the_kernel(gateway, shown):
    gateway.events = events()

    page, kernel = shown(run_id="r-1")
    page.wait_for_selector(".react-flow__node")
    page.locator(".pai-FlowHead", has_text="Running").wait_for()
    gateway.events = events(("run.completed", None, {"outputs": {}}))
    page.locator(".pai-FlowHead", has_text="Done").wait_for()

    assert [message["type"] for message in kernel.heard].count("bundle") == 1
    page.locator(".react-flow__node").nth(12).wait_for(state="attached")


def test_a_run_is_started_through_the_kernel_and_shown(gateway, shown):
    gateway.events = events()
    page, _ = shown(start=lambda inputs, values: ("r-1", gateway.graph))
    page.wait_for_selector(".react-flow__node")

    page.locator(".pai-FlowHead button", has_text="Run").click()
    page.locator(".pai-RunForm button", has_text="Run").click()

    page.locator(".pai-FlowHead", has_text="Running").wait_for()


def test_a_kernel_that_is_lost_starts_no_more_runs(gateway, shown):
    page, _ = shown(start=lambda inputs, values: ("r-1", gateway.graph))
    page.locator(".pai-FlowHead button:not([disabled])", has_text="Run").wait_for()

    page.evaluate("window.lose()")

    page.locator(".pai-FlowHead button[disabled]", has_text="Run").wait_for()


def test_a_view_that_is_taken_away_ends_its_stream(gateway, shown):
    gateway.events = events()
    page, kernel = shown(run_id="r-1")
    page.locator(".pai-FlowHead", has_text="Running").wait_for()

    page.evaluate("window.leave()")

    page.wait_for_function("!document.querySelector('.react-flow__node')")
    heard = lambda kind: {it["id"] for it in kernel.heard if it["type"] == kind}  # noqa: E731
    assert heard("open")
    while not heard("open") <= heard("close"):  # pytest's limit ends a wait in vain
        page.wait_for_timeout(20)
