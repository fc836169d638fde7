"""What a person sees in the Runs panel, state by state, in light and dark."""

import json
import os
import signal

from tests.browser.conftest import TOKEN
from tests.runtime import until

CONTRAST = """
() => {
  const channel = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
  };
  const found = [];
  for (const node of document.querySelectorAll('.pai-root *')) {
    const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
    if (!own || !node.checkVisibility()) continue;
    const [a, b] = [rgb(getComputedStyle(node).color), ground(node)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, node.textContent.slice(0, 40)]);
  }
  return found;
}
"""


def assert_readable(page) -> None:
    """AA: text stands out by 4.5 to 1."""
    found = page.evaluate(CONTRAST)
    assert found
    assert [text for ratio, text in found if ratio < 4.5] == []


def test_runs_are_told_apart_by_shape_word_and_order(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow").nth(6).wait_for()

    marks = page.locator(".pai-RunRow svg[role=img]")
    words = [marks.nth(n).get_attribute("aria-label") for n in range(marks.count())]
    shapes = {
        marks.nth(n).evaluate("n => n.querySelector(':not(title)').outerHTML") for n in range(7)
    }

    lab.save_in_both(page, "runs")
    assert words == [
        "Waiting for you", "Running", "Queued", "Done", "Failed", "Cancelled", "Timed out",
    ]  # fmt: skip
    assert len(shapes) >= 6
    last = page.locator(".pai-RunRow-second").last
    assert last.text_content().endswith("· expired")
    assert "no longer kept" in last.get_attribute("title")
    assert_readable(page)


def test_a_run_shows_its_nodes_its_recovery_and_its_events(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow", has_text="Running").click()
    page.wait_for_selector(".pai-Events li:nth-child(18)")

    lab.save_in_both(page, "run")
    assert page.locator(".pai-Node").count() == 7
    assert (
        "3 recorded steps kept, 1 unfinished begun again"
        in page.locator(".pai-Recovered").inner_text()
    )
    assert "No answer within 2 s." in page.locator(".pai-Node .pai-Error").inner_text()
    assert_readable(page)


def test_a_person_answers_what_a_run_asks(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.api(page, "PUT", "double/questions", {"somebody_was_first": False})
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow", has_text="pay_invoices").click()
    page.wait_for_selector(".pai-Question")
    buttons = page.locator(".pai-Question button")
    lab.save_in_both(page, "run-question")
    assert buttons.all_inner_texts() == ["Run it again", "Take it as done", "Let it fail"]
    assert_readable(page)

    buttons.nth(1).click()
    page.locator(".pai-Question").wait_for(state="detached")
    page.wait_for_selector(".pai-Answered")

    lab.save_in_both(page, "run-answered")
    assert page.locator(".pai-Answered").inner_text() == "pay: ada took it as done"
    answers = page.request.get(
        f"{lab.url}/persistentai/api/v1/double/answers", headers={"Authorization": f"token {TOKEN}"}
    )
    assert answers.json() == [["s0/p1/pay#1", "done"]]


def test_whoever_comes_second_is_told_who_answered(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.api(page, "PUT", "double/questions", {"somebody_was_first": True})
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow", has_text="pay_invoices").click()

    page.locator(".pai-Question button").first.click()
    page.wait_for_selector(".pai-Question [role=alert]")

    lab.save(page, "run-question-refused")
    said = page.locator(".pai-Question [role=alert]").inner_text()
    assert said.strip() == "grace has answered this question already."
    assert page.locator(".pai-Question button").first.is_enabled()


def test_everything_can_be_done_from_the_keyboard(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow").first.focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pai-RunHead h2 >> text=penguin_report")
    page.wait_for_function("document.activeElement.ariaLabel === 'Back to all runs'")
    lab.save(page, "run-head")
    page.keyboard.press("Escape")

    page.wait_for_selector(".pai-RunRow")


def test_a_shortened_id_is_copied_whole(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunItem", has_text="fetch_prices").hover()

    page.locator(".pai-RunItem", has_text="fetch_prices").locator(".pai-CopyId").click()

    until(
        lambda: page.evaluate("navigator.clipboard.readText()") == "r-01jd8wx1c7ce",
        "the whole id is in the clipboard",
        within_s=90,
    )


def test_without_runs_the_panel_says_how_to_start_one(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.api(page, "PUT", "runs", {"full": False})
    try:
        lab.command(page, "persistentai:open-runs")
        page.wait_for_selector(".pai-Notice")

        lab.save(page, "runs-empty")
        assert "No runs yet" in page.locator(".pai-Notice").inner_text()
    finally:
        lab.api(page, "PUT", "runs", {"full": True})


def test_a_silent_gateway_leaves_what_was_seen_and_says_how_old_it_is(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    lab.command(page, "persistentai:open-runs")
    page.wait_for_selector(".pai-RunRow")

    page.route("**/persistentai/api/**", lambda route: route.abort())
    page.locator(".pai-Strip", has_text="Connection lost").wait_for()

    lab.save(page, "runs-offline")
    assert page.locator(".pai-RunRow").count() == 7
    running = page.locator(".pai-RunItem:has([data-state=running])")
    running.get_by_label("Cancel penguin_report").click()
    running.locator("[role=alert]", has_text="Check that it is still running").wait_for()
    lab.save(page, "runs-refused")
    page.unroute("**/persistentai/api/**")
    page.wait_for_selector(".pai-Strip", state="detached")


def test_a_cut_stream_goes_on_without_gap_or_double(browser, lab_with_double):
    lab = lab_with_double
    page = lab.open(browser)
    page.evaluate(
        """() => {
          const Real = window.WebSocket;
          window.opened = [];
          window.WebSocket = class extends Real {
            constructor(url, ...rest) {
              super(url, ...rest);
              if (String(url).includes('/events')) window.opened.push(this);
            }
          };
          window.jupyterapp.serviceManager.serverSettings.WebSocket = window.WebSocket;
        }"""
    )
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow", has_text="Running").click()
    page.wait_for_selector(".pai-Events li:nth-child(18)")

    page.evaluate("window.cut = window.opened.at(-1), window.cut.close()")
    page.wait_for_function("window.opened.at(-1) !== cut && window.opened.at(-1).readyState === 1")
    page.wait_for_selector(".pai-Strip", state="detached")

    urls = page.evaluate("window.opened.map(socket => socket.url)")
    numbers = page.locator(".pai-seq").all_inner_texts()
    assert "after=18" in urls[-1]
    assert numbers == [str(n) for n in range(18, 0, -1)]


def test_without_a_runtime_the_panel_says_why_and_what_to_do(browser, lab_without_runtime):
    lab = lab_without_runtime
    page = lab.open(browser)
    lab.command(page, "persistentai:open-runs")
    page.wait_for_selector(".pai-Notice >> text=The runtime is not running")

    lab.save_in_both(page, "runs-no-runtime")
    said = page.locator(".pai-Notice").inner_text()
    assert "persistentai up" in said
    assert_readable(page)


def test_lab_starts_the_runtime_and_a_run_goes_by_live(browser, fresh_lab):
    """The whole way: Lab starts the runtime, a terminal starts a run, the panel shows it."""
    lab = fresh_lab
    page = lab.open(browser)
    lab.command(page, "docmanager:open", {"path": "01_first_flow.ipynb"})
    lab.command(page, "persistentai:open-runs")
    page.wait_for_selector(".pai-Notice >> text=No runs yet")

    started = lab.cli("run", "persistentai_lab.examples.penguins:report", "--no-wait", "--json")
    run_id = json.loads(started)["run_id"]
    page.locator(".pai-RunRow").click()
    page.wait_for_selector(".pai-Events li")
    gateway = next(p for p in lab.processes() if p["name"] == "gateway")
    os.kill(gateway["pid"], signal.SIGKILL)
    page.wait_for_selector(".pai-Facts >> text=Done")
    page.wait_for_selector(".pai-Strip", state="detached")

    until(lab.has_a_runtime, "the gateway is back", within_s=90)
    lab.save(page, "run-live")
    stored = [json.loads(line)["seq"] for line in lab.cli("events", run_id, "--json").splitlines()]
    page.wait_for_function(
        "last => document.querySelector('.pai-seq').innerText === last", arg=str(max(stored))
    )
    shown = [int(text) for text in page.locator(".pai-seq").all_inner_texts()]
    assert shown == sorted(stored, reverse=True)[: len(shown)]


def test_a_flow_draws_itself_in_the_cell(browser, fresh_lab):
    lab = fresh_lab
    page = lab.open(browser)
    lab.command(page, "docmanager:open", {"path": "01_first_flow.ipynb"})
    page.wait_for_selector(".jp-Notebook")
    page.evaluate(
        """async () => {
          const panel = window.jupyterapp.shell.currentWidget;
          await panel.context.ready;
          await panel.sessionContext.ready;
        }"""
    )
    lab.command(page, "persistentai:open-runs")

    for _ in range(4):
        lab.command(page, "notebook:run-cell-and-select-next")

    page.wait_for_selector(".jp-OutputArea-output .react-flow__node")
    lab.save(page, "notebook")


def test_the_runtime_outlives_jupyter(fresh_lab):
    before = {p["name"]: p["pid"] for p in fresh_lab.processes()}

    fresh_lab.stop()

    assert {p["name"]: p["pid"] for p in fresh_lab.processes()} == before
