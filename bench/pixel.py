"""From an event of a run to the pixel in the cell: real JupyterLab, real runtime, real Chromium.

    python bench/pixel.py [--steps 40] [--rounds 3]

A chain of short waits runs in a notebook's cell. The page notes when the frame is drawn in which a
node's mark turns to done; the event says when its step was recorded (its time is taken just before
the commit, so the figure includes the commit). Both clocks are this machine's.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import nbformat
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser.conftest import Lab, _lab, chromium
from tests.runtime import until

CELLS = (
    """
import persistentai_lab as pai
from persistentai_lab.blocks import time

@pai.flow
def chain() -> str:
    value = "x"
    for number in range({steps}):
        value = time.wait.with_(id=f"w{{number}}")(value, 0.15)
    return value

run = chain.run()
""",
    "run",
)
WATCH = """
() => {
  window.pixels = {};
  const look = () => {
    const done = [...document.querySelectorAll(".pai-Block[data-state='completed']")]
      .map(block => block.dataset.node).filter(name => !(name in window.pixels));
    if (!done.length) return;
    // The frame after the next is on the screen when this is called.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const at = performance.timeOrigin + performance.now();
      for (const name of done) window.pixels[name] ??= at;
    }));
  };
  new MutationObserver(look).observe(document.body,
    { subtree: true, attributes: true, attributeFilter: ['data-state'] });
}
"""


def measure(lab: Lab, page: Page, steps: int) -> list[float]:
    """Milliseconds from each step's event to its pixel."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.format(steps=steps)) for cell in CELLS]
    )
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = lab.root / "pixel.ipynb"
    nbformat.write(book, path)
    lab.command(page, "docmanager:open", {"path": path.name})
    page.wait_for_selector(".jp-Notebook")
    page.evaluate(
        """async () => {
          const panel = window.jupyterapp.shell.currentWidget;
          await panel.context.ready;
          await panel.sessionContext.ready;
        }"""
    )
    page.evaluate(WATCH)
    for _ in CELLS:
        lab.command(page, "notebook:run-cell-and-select-next")
    page.wait_for_selector(".pai-Block[data-state]", timeout=60_000)
    shown_from = page.evaluate("performance.timeOrigin + performance.now()")
    page.wait_for_function(
        f"Object.keys(window.pixels).length >= {steps}", timeout=steps * 1000 + 30_000
    )
    pixels = page.evaluate("window.pixels")
    run = json.loads(lab.cli("runs", "--json"))[0]["run_id"]
    events = [json.loads(line) for line in lab.cli("events", run, "--json").splitlines()]
    lab.command(page, "notebook:shutdown-kernel")
    page.close()
    found = []
    for event in events:
        at = datetime.fromisoformat(event["at"]).timestamp() * 1000
        if event["event"]["type"] == "node.completed" and at > shown_from:
            found.append(pixels[event["node"]] - at)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pai-pixel-", dir="/tmp"))
    folder.chmod(0o755)
    env = {
        "PERSISTENTAI_HOME": str(folder / "home"),
        "PERSISTENTAI_STATE_DIR": str(folder / "state"),
    }
    with chromium() as browser:
        for lab in _lab(folder, env, starts_runtime=True):
            try:
                until(lab.has_a_runtime, "the runtime is up", within_s=60)
                for round_ in range(wanted.rounds):
                    found = sorted(measure(lab, lab.open(browser), wanted.steps))
                    p90 = found[int(len(found) * 0.9)]
                    print(
                        f"round {round_ + 1}: event → pixel, {len(found)} steps: "
                        f"p50 {statistics.median(found):.0f} ms, p90 {p90:.0f} ms, "
                        f"max {found[-1]:.0f} ms, load {os.getloadavg()[0]:.1f}"
                    )
            finally:
                lab.cli("down")


if __name__ == "__main__":
    main()
