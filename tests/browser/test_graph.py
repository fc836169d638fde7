"""The graph of a flow under a person's hands, in a page that has nothing but the bundle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import numbers
from persistentai_lab.examples.penguins import report
from persistentai_lab.flow.graph import graph_of
from tests.browser.conftest import WAIT_MS


@pai.flow
def sums(ns: list[float]) -> list[float]:
    return pai.each(ns, lambda n: numbers.add(n, 1))


BUNDLE = Path(__file__).parents[2] / "persistentai_lab" / "static" / "ui.js"
GRAPH = graph_of(report.spec, report.signatures)
PAGE = """
<!doctype html><meta charset="utf-8">
<body style="margin:0"><div id="place"></div><div style="height:2000px"></div>
<script type="module">
import { mount } from '/ui.js';
window.asked = [];
const sockets = [];
const answers = {
  graph: () => [200, window.graph],
  fork: () => [201, { run_id: 'r-2', status: 'queued' }]
};
const host = {
  fetch: async (path, init = {}) => {
    window.asked.push({ path, body: init.body ? JSON.parse(init.body) : null });
    const [status, body] = answers[path.split('/').at(-1)]?.() ?? [404, { code: 'not_found' }];
    return new Response(JSON.stringify(body), { status });
  },
  socket: path => {
    const socket = { close() {}, path, seq: 0 };
    sockets.push(socket);
    queueMicrotask(() => socket.onopen());
    return socket;
  }
};
window.tell = (...facts) => facts.forEach(([node, event]) => {
  const socket = sockets.at(-1);
  socket.onmessage({ data: JSON.stringify({
    workspace: 'default', run: 'r', seq: ++socket.seq, at: new Date().toISOString(), owner: 'ada',
    caller: 'ada', path: null, node, attempt: node ? 1 : null, event
  }) });
});
window.show = (props, style = '') => {
  window.graph = props.graph;
  window.place = document.getElementById('place');
  window.place.style = style;
  window.unmount = mount(window.place, { view: 'flow', host, ...props });
};
window.ready = true;
</script>
"""
BEGUN = [None, {"type": "run.started", "worker": "w1"}]


def started(node: str) -> list[Any]:
    return [node, {"type": "node.started", "block": "b", "worker": "w1"}]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    made = browser.new_page(viewport={"width": 1800, "height": 700}, reduced_motion="reduce")
    made.set_default_timeout(WAIT_MS)

    def answer(route: Any) -> None:
        if route.request.url.endswith("/ui.js"):
            route.fulfill(body=BUNDLE.read_text(), content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    made.route("**/*", answer)
    made.goto("http://graph.invalid/")
    made.wait_for_function("window.ready")
    yield made
    made.close()


def show(page: Any, *, graph: Any = GRAPH, style: str = "", **props: Any) -> None:
    page.evaluate("([props, style]) => show(props, style)", [{"graph": graph, **props}, style])


def show_run(page: Any, *facts: list[Any]) -> None:
    show(page, runId="r-1")
    page.wait_for_selector("[data-node='read']")
    tell(page, BEGUN, *facts)
    page.wait_for_selector("[data-node='read'][data-state]")


def tell(page: Any, *facts: list[Any]) -> None:
    page.evaluate("facts => tell(...facts)", list(facts))


def zoom_in(page: Any) -> None:
    while not page.query_selector("[data-detail='full'] [data-node='read'] header"):
        page.click("[aria-label='Zoom in']")
    page.locator("[data-node='read']").focus()
    page.keyboard.press("Home")


def viewport(page: Any) -> str:
    return page.evaluate("document.querySelector('.react-flow__viewport').style.transform")


def test_the_wheel_scrolls_the_notebook_until_the_graph_has_the_focus(page: Any) -> None:
    show(page)
    page.wait_for_selector("[data-node='read']")
    before = viewport(page)
    page.mouse.move(900, 200)

    page.mouse.wheel(0, 100)
    page.wait_for_function("scrollY === 100")
    assert viewport(page) == before

    page.evaluate("scrollTo(0, 0)")
    page.locator("[data-node='read']").focus()
    page.mouse.move(900, 200)
    page.mouse.wheel(0, 100)
    page.wait_for_function(
        "was => document.querySelector('.react-flow__viewport').style.transform !== was", arg=before
    )
    assert page.evaluate("scrollY") == 0


def test_a_graph_that_was_hidden_at_first_is_drawn_whole_when_it_is_shown(page: Any) -> None:
    show(page, style="display:none")
    assert page.query_selector("[data-node]") is None

    page.evaluate("place.style.display = 'block'")

    page.wait_for_selector("[data-node='join']")
    page.wait_for_function(
        """count => {
          const all = [...document.querySelectorAll('[data-node]')];
          const boxes = all.map(node => node.getBoundingClientRect());
          return all.length === count && boxes.every(it => it.left >= 0 && it.right <= 1800);
        }""",
        arg=len(GRAPH["nodes"]),
    )


def test_keys_go_along_edges_open_a_node_and_come_back(page: Any) -> None:
    show(page)
    page.wait_for_selector("[data-node='read']")
    at = "document.activeElement.dataset.node"
    page.locator("[data-node='read']").focus()

    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{at} === 'complete'")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pai-Inspector")
    page.wait_for_function("document.activeElement.closest('.pai-Inspector') !== null")
    page.keyboard.press("Escape")

    page.wait_for_selector(".pai-Inspector", state="detached")
    page.wait_for_function(f"{at} === 'complete'")


def test_an_event_touches_only_its_own_node(page: Any) -> None:
    show_run(page, started("read"), started("census"))
    page.evaluate("""() => {
        window.touched = new Set();
        const nodes = document.querySelector('.react-flow__nodes');
        new MutationObserver(changes => {
            for (const { target } of changes) {
                const element = target.nodeType === 1 ? target : target.parentElement;
                window.touched.add(element?.closest('[data-node]')?.dataset.node);
            }
        }).observe(nodes, {
            subtree: true, childList: true, attributes: true, characterData: true
        });
    }""")

    error = {"code": "c", "message": "No.", "remedy": "", "traceback": None}
    tell(page, ["census", {"type": "node.failed", "duration_s": 1, "error": error}])

    page.wait_for_selector("[data-node='census'][data-state='failed']")
    # 'read' is running: its clock may tick meanwhile
    assert page.evaluate("[...touched]") in (["census"], ["census", "read"], ["read", "census"])


def test_a_changed_value_is_run_from_its_node_and_the_view_follows(page: Any) -> None:
    show_run(page)
    zoom_in(page)
    literal = page.locator("[data-node='complete'] .pai-Literal")

    literal.click()
    page.keyboard.press("Control+a")
    page.keyboard.type('["species"]')
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-node='complete'][data-edited]")
    page.click("[data-node='complete'] >> text=Run from here")

    page.wait_for_selector("text=Earlier run")
    [asked] = [each for each in page.evaluate("asked") if each["path"].endswith("/fork")]
    assert asked["path"] == "persistentai/api/v1/runs/r-1/fork"
    assert asked["body"] == {
        "at": "complete", "values": {"complete": {"columns": ["species"]}}, "inputs": {}
    }  # fmt: skip
    assert page.query_selector("[data-edited]") is None
    tell(
        page, BEGUN, ["read", {"type": "node.reused", "source": "r-1", "block": "b", "outputs": {}}]
    )
    page.wait_for_selector("[data-node='read'] >> text=reused, not run again")


def test_a_change_can_be_taken_back(page: Any) -> None:
    show_run(page)
    zoom_in(page)
    page.locator("[data-node='complete'] .pai-Literal").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("[]")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-node='complete'][data-edited]")

    page.locator("[data-node='complete']").focus()
    page.keyboard.press("Control+z")

    page.wait_for_selector("[data-edited]", state="detached")


def test_what_does_not_fit_is_not_taken(page: Any) -> None:
    show_run(page)
    zoom_in(page)
    page.locator("[data-node='complete'] .pai-Literal").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("[oh")
    page.keyboard.press("Control+Enter")

    page.wait_for_selector("[data-node='complete'] [role='alert']")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-node='complete'] .pai-Literal")
    assert page.query_selector("[data-edited]") is None


def test_a_graph_that_is_none_says_so_and_can_be_tried_again(page: Any) -> None:
    show(page, graph={**GRAPH, "nodes": [{"id": "a"}]})

    page.wait_for_selector("text=This view stopped")
    page.evaluate("graph => unmount.update({ view: 'flow', graph, host: null })", GRAPH)
    page.click("text=Try again")
    page.wait_for_selector("[data-node='read']")


def test_without_a_kernel_the_reason_stands_beside_the_button(page: Any) -> None:
    show(page)

    page.wait_for_selector("text=Start the kernel and run this cell to run the flow")
    assert page.locator(".pai-FlowHead .pai-primary").is_disabled()


def test_a_taken_down_view_leaves_nothing_behind(page: Any) -> None:
    show_run(page, started("read"))

    page.evaluate("unmount()")

    assert page.evaluate("place.childElementCount") == 0


def test_a_control_node_counts_what_goes_on_inside(page: Any) -> None:
    show(page, graph=graph_of(sums.spec, sums.signatures), runId="r-1")
    page.wait_for_selector("[data-node='each']")
    inside = [[f"each/{n}/add", {"type": "node.started", "block": "b", "worker": "w1"}]
              for n in range(3)]  # fmt: skip
    done = {"type": "node.completed", "duration_s": 0.1, "outputs": {}}
    plan = {"type": "plan.compiled", "plan_hash": "a", "paths": {"each": "each"}}
    begun = ["each", {"type": "node.started", "block": "control.each", "worker": "w1"}]
    tell(page, [None, plan], BEGUN, begun, *inside, ["each/0/add", done])
    while not page.query_selector("[data-detail='full'] [data-node='each'] header"):
        page.click("[aria-label='Zoom in']")

    page.wait_for_function(
        "document.querySelector('[data-node=each]').innerText.includes('2 running, 1 completed')"
    )
    assert "body add" in page.inner_text("[data-node='each']")
    assert page.query_selector("[data-node='each/0/add']") is None
