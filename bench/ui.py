"""How smooth the graph of a flow is, in a real Chromium without a GPU.

    python bench/ui.py [--nodes 300] [--rate 200] [--seconds 5]

- Frames a second while a hand pans a large graph: seen whole, and from near.
- Time from mounting until the graph stands there, layout included.
- Share of one CPU that the page takes while events of a run come in.

The bundle is the built one (`persistentai_lab/static/ui.js`); graph and events are made up.
"""

import argparse
import json
import shutil
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

BUNDLE = Path(__file__).parent.parent / "persistentai_lab" / "static" / "ui.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
ROUNDS = 3
PAGE = """
<!doctype html><meta charset="utf-8"><body style="margin:0"><div id="place"></div>
<script type="module">
import { mount } from '/ui.js';
const { graph, story, rate } = await (await fetch('/scene.json')).json();
const sockets = [];
const host = {
  fetch: async () => new Response('{}', { status: 404 }),
  socket: () => {
    const socket = { close() {} };
    sockets.push(socket);
    setTimeout(() => { socket.onopen(); story.forEach(send); });
    return socket;
  }
};
let seq = 0;
const send = fact => {
  const [node, event] = fact;
  const at = new Date().toISOString();
  const envelope = { workspace: 'default', run: 'r-1', seq: ++seq, at, owner: 'ada', caller: 'ada',
    path: null, node, attempt: node ? 1 : null, event };
  sockets.at(-1).onmessage({ data: JSON.stringify(envelope) });
};
window.stream = facts => {
  let sent = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    const due = Math.min(facts.length, (performance.now() - began) / 1000 * rate);
    while (sent < due) send(facts[sent++]);
    if (sent >= facts.length) { clearInterval(timer); window.streamed = true; }
  }, 20);
};
window.countFrames = () => {
  const times = [];
  let on = true;
  const tick = now => { times.push(now); if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  window.stopFrames = () => { on = false; return times; };
};
const began = performance.now();
mount(document.getElementById('place'), { view: 'flow', host, graph, runId: 'r-1' });
(function look() {
  if (!document.querySelector('.pai-Block[data-state]')) return requestAnimationFrame(look);
  requestAnimationFrame(() => requestAnimationFrame(() => {
    window.shown = performance.now() - began;
  }));
})();
</script>
"""

Fact = tuple[str | None, dict[str, Any]]


def graph(count: int, width: int = 12) -> dict[str, Any]:
    """A graph in layers, each node with two sources in the layer before its own."""
    nodes, edges = [], []
    for n in range(count):
        layer = n // width - 1
        before = {layer * width + n % width, layer * width + (n + 1) % width} if layer >= 0 else ()
        inputs = [_port(f"in{k}", "table") | _fed(f"n{b}") for k, b in enumerate(sorted(before))]
        inputs.append(_port("digits", "number") | {"has_value": True, "value": n})
        edges += [
            {"source": each["source"], "target": {"node": f"n{n}", "port": each["name"]}}
            for each in inputs
            if each["source"]
        ]
        nodes.append(
            {
                "id": f"n{n}", "block": f"family{n % 8}.block", "title": f"Step {n}", "help": "",
                "family": "", "effect": ("pure", "read", "store", "write")[n % 4], "keyed": False,
                "own": n % 8 == 0, "inputs": inputs, "outputs": [_port("result", "table")],
            }
        )  # fmt: skip
    return {
        "name": "large", "hash": f"h{count}", "inputs": [], "outputs": [],
        "nodes": nodes, "edges": edges, "layout": {},
    }  # fmt: skip


def _port(name: str, glyph: str) -> dict[str, Any]:
    return {
        "name": name, "glyph": glyph, "type": glyph, "help": "", "source": None,
        "has_value": False, "value": None, "required": True, "schema": {"type": "integer"},
    }  # fmt: skip


def _fed(node: str) -> dict[str, Any]:
    return {"source": {"node": node, "port": "result"}}


def begun(count: int) -> list[Fact]:
    """Half of the nodes are done, each with a value to look at."""
    paths = {f"n{n}": f"s/n{n}" for n in range(count)}
    facts: list[Fact] = [
        (None, {"type": "run.created", "flow": "large", "flow_hash": "f", "steps": count}),
        (None, {"type": "plan.compiled", "plan_hash": "p", "paths": paths}),
        (None, {"type": "run.started", "worker": "w1"}),
    ]
    for n in range(count // 2):
        facts += [_started(n), _done(n)]
    return facts


def stream(count: int, events: int) -> list[Fact]:
    """What a busy run says: twenty nodes at a time tell their progress, then give a value."""
    facts: list[Fact] = []
    batch = 0
    while len(facts) < events:
        nodes = [(count // 2 + batch * 20 + k) % count for k in range(20)]
        facts += [_started(n) for n in nodes]
        for step in range(1, 9):
            told = {"type": "node.progressed", "done": step, "total": 8}
            facts += [(f"n{n}", told) for n in nodes]
        facts += [_done(n) for n in nodes]
        batch += 1
    return facts[:events]


def _started(n: int) -> Fact:
    return f"n{n}", {"type": "node.started", "block": "b", "worker": "w1"}


def _done(n: int) -> Fact:
    head = {"columns": ["a", "b", "c", "d"], "rows": [[n, "text", 1.5, None]] * 5}
    value = {
        "media_type": "application/vnd.apache.parquet", "size": 90_000, "sha256": "0" * 64,
        "preview": None, "about": "344 × 8 table", "head": head,
    }  # fmt: skip
    return f"n{n}", {"type": "node.completed", "duration_s": 0.4, "outputs": {"result": value}}


def open_page(browser: Browser, scene: dict[str, Any]) -> Page:
    page = browser.new_page(viewport={"width": 1000, "height": 600})

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name == "ui.js":
            route.fulfill(body=BUNDLE.read_text(), content_type="text/javascript")
        elif name == "scene.json":
            route.fulfill(body=json.dumps(scene), content_type="application/json")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route("**/*", answer)
    page.goto("http://bench.invalid/")
    page.wait_for_function("window.shown", timeout=60_000)
    return page


def panned(page: Page, seconds: float) -> float:
    """Frames a second while the mouse drags the graph to and fro."""
    place = "document.querySelector('.react-flow__viewport').style.transform"
    start = page.evaluate(place)
    page.mouse.move(500, 400)
    page.mouse.down()
    page.evaluate("countFrames()")
    steps = int(seconds * 60)
    for n in range(steps):
        far = abs((n * 6) % 600 - 300)
        page.mouse.move(200 + far, 400 - far / 3)
        page.wait_for_timeout(12)
    times = page.evaluate("stopFrames()")
    assert page.evaluate(place) != start, "the graph did not move"
    page.mouse.up()
    return (len(times) - 1) / ((times[-1] - times[0]) / 1000)


def busy(browser: Browser, page: Page, facts: list[Fact]) -> tuple[float, float]:
    """Shares of one CPU while the events come: of the page's own thread, of its whole process."""
    metrics, processes = page.context.new_cdp_session(page), browser.new_browser_cdp_session()
    metrics.send("Performance.enable")

    def used() -> tuple[float, float, float]:
        told = {m["name"]: m["value"] for m in metrics.send("Performance.getMetrics")["metrics"]}
        found = processes.send("SystemInfo.getProcessInfo")["processInfo"]
        whole = sum(each["cpuTime"] for each in found if each["type"] == "renderer")
        return told["Timestamp"], told["TaskDuration"], whole

    before = used()
    page.evaluate("facts => stream(facts)", facts)
    page.wait_for_function("window.streamed", timeout=120_000, polling=250)
    after = used()
    wall = after[0] - before[0]
    return (after[1] - before[1]) / wall, (after[2] - before[2]) / wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=300)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    drawn = graph(asked.nodes)
    scene = {"graph": drawn, "story": begun(asked.nodes), "rate": asked.rate}
    facts = stream(asked.nodes, round(asked.rate * asked.seconds))
    shown, near, whole, thread, process = [], [], [], [], []
    for _ in range(ROUNDS):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            page = open_page(browser, scene)
            shown.append(page.evaluate("shown"))
            near.append(panned(page, asked.seconds))
            page.click("[aria-label='Show all of it']")
            whole.append(panned(page, asked.seconds))
            page.close()
            page = open_page(browser, scene)
            used = busy(browser, page, facts)
            thread.append(used[0])
            process.append(used[1])
            browser.close()
    median = statistics.median
    print(f"{asked.nodes} nodes, medians of {ROUNDS} rounds")
    print(f"  mounted and drawn           {median(shown):7.0f} ms")
    print(f"  panning from near           {median(near):7.0f} frames/s")
    print(f"  panning all of it           {median(whole):7.0f} frames/s")
    print(f"  {asked.rate} events/s, page's thread  {median(thread):7.1%} of a CPU")
    print(f"  {asked.rate} events/s, its process    {median(process):7.1%} of a CPU")


if __name__ == "__main__":
    main()
