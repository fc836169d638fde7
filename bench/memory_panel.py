"""How smooth the Memory panel is with 100,000 entries, in a real Chromium without a GPU.

    python bench/memory_panel.py [--entries 100000] [--seconds 5]

- Time until all of them have come, page by page, and stand in the tree.
- Frames a second while a wheel turns through them; and what a frame takes of the page's thread,
  which means something on a busy machine too: script, style and layout, and all of it.
- Memory of the page's JavaScript, and elements that are in the page.

The bundle is the built one (`persistentai_lab/static/ui.js`); the entries are made up.
"""

import argparse
import itertools
import json
import shutil
from pathlib import Path

from playwright.sync_api import CDPSession, Page, Route, sync_playwright

BUNDLE = Path(__file__).parent.parent / "persistentai_lab" / "static" / "ui.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PAGE = """
<!doctype html><meta charset="utf-8">
<body style="margin:0"><div id="place" style="width:300px;height:700px"></div>
<script type="module">
import { mount } from '/ui.js';
const total = ENTRIES;
const at = new Date().toISOString();
const json = body => new Response(JSON.stringify(body));
const host = {
  socket: () => ({ close() {} }),
  async fetch(path) {
    const url = new URL(path, location.href);
    const place = url.pathname.split('/browse')[1];
    if (place === '') return json({ layers: [{ layer: 'feed', count: total, mark: '1', updated_at: at }] });
    if (place === '/times') return json({ since: null, until: at, stretches: {} });
    const { under, after, limit } = Object.fromEntries(url.searchParams);
    if (!under) return json({ items: [{ id: 'log', name: 'log', kind: 'group', icon: 'feed', about: '', count: total, size: null, at }], next: null });
    const from = Number(after ?? 0), to = Math.min(total, from + Number(limit));
    const items = [];
    for (let n = from; n < to; n++) {
      items.push({ id: `log//${total - n}`, name: `#${total - n}`, kind: 'entry', icon: 'message', about: `Message ${n}: something was said and done`, count: null, size: null, at });
    }
    window.came = to;
    return json({ items, next: to < total ? String(to) : null });
  }
};
window.countFrames = () => {
  const times = [];
  let on = true;
  const tick = now => { times.push(now); if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  window.stopFrames = () => { on = false; return times; };
};
localStorage.setItem('persistentai:memory.open', '["feed:","feed:log"]');
mount(document.getElementById('place'), { view: 'memory', host });
</script>
"""  # noqa: E501


def load_all(page: Page, entries: int) -> float:
    """Scroll to the end until there is nothing more; seconds."""
    return float(
        page.evaluate(
            """async entries => {
                const began = performance.now();
                const tree = document.querySelector('.pai-Tree');
                while (tree.scrollHeight < entries * 24) {
                    tree.scrollTop = tree.scrollHeight;
                    await new Promise(requestAnimationFrame);
                }
                return (performance.now() - began) / 1000;
            }""",
            entries,
        )
    )


SPENT = {
    "script_ms": ("ScriptDuration",), "layout_ms": ("RecalcStyleDuration", "LayoutDuration"),
    "task_ms": ("TaskDuration",),
}  # fmt: skip


def spent(session: CDPSession) -> dict[str, float]:
    """Milliseconds of the page's thread so far, by what it did."""
    told = session.send("Performance.getMetrics")["metrics"]
    seconds = {each["name"]: each["value"] for each in told}
    return {name: 1e3 * sum(seconds[part] for part in parts) for name, parts in SPENT.items()}


def scrolled(page: Page, session: CDPSession, seconds: float) -> dict[str, float]:
    """Frames a second while a wheel turns, the longest in ms, and what one takes."""
    page.evaluate("document.querySelector('.pai-Tree').scrollTop = 0")
    page.mouse.move(150, 400)
    page.evaluate("countFrames()")
    before = spent(session)
    for n in range(int(seconds * 60)):
        page.mouse.wheel(0, 900 if n % 120 < 90 else -900)
        page.wait_for_timeout(12)
    times = page.evaluate("stopFrames()")
    gaps = [b - a for a, b in itertools.pairwise(times)]
    took = spent(session)
    return {
        "frames_s": round(len(gaps) / (sum(gaps) / 1000), 1), "longest_ms": round(max(gaps)),
        **{name: round((took[name] - before[name]) / len(gaps), 2) for name in SPENT},
    }  # fmt: skip


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5)
    told = parser.parse_args()
    path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 400, "height": 700})
        body = PAGE.replace("ENTRIES", str(told.entries))

        def answer(route: Route) -> None:
            if route.request.url.endswith("/ui.js"):
                route.fulfill(body=BUNDLE.read_text(), content_type="text/javascript")
            else:
                route.fulfill(body=body, content_type="text/html")

        page.route("**/*", answer)
        page.goto("http://bench.invalid/")
        page.wait_for_selector(".pai-TreeRow >> text=Message 0", timeout=60_000)
        loaded = load_all(page, told.entries)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        smooth = scrolled(page, session, told.seconds)
        session.send("HeapProfiler.collectGarbage")
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        nodes = page.evaluate("document.querySelectorAll('.pai-TreeRow').length")
        found = {
            "entries": told.entries, "loaded_s": round(loaded, 1), **smooth,
            "heap_mb": round(heap, 1), "rows_in_page": nodes,
        }  # fmt: skip
        print(json.dumps(found))
        browser.close()


if __name__ == "__main__":
    main()
