"""The first journey, in the notebook that a newcomer opens: draws itself, lights up, changes one
step, survives, and is there the next morning.
"""

import re

from tests.browser.book import FIRST, head, node, run_to, shown, until_ready
from tests.browser.conftest import SCREENSHOTS, Lab


def open_book(lab: Lab, page) -> None:
    lab.command(page, "docmanager:open", {"path": FIRST})
    until_ready(page)


def stand_at_the_end(output) -> None:
    """Scroll so that what a cell shows ends where the window ends."""
    output.evaluate("output => output.scrollIntoView({block: 'end'})")


def save_in_both_themes(lab: Lab, page, name: str) -> None:
    """The pictures of the README: a run with all runs beside it. Only for whoever wants them."""
    if not SCREENSHOTS:
        return
    page.set_viewport_size({"width": 1360, "height": 588})
    lab.command(page, "persistentai:open-runs")
    for scheme in ("light", "dark"):
        lab.wear(page, scheme)
        stand_at_the_end(shown(page, "alive"))
        lab.save(page, f"{name}-{scheme}")


def test_the_first_journey(browser, lab_with_runtime: Lab) -> None:
    lab = lab_with_runtime
    page = lab.open(browser)
    open_book(lab, page)

    # three cells: it draws itself, and lights up
    run_to(page, "flow")
    drawn = shown(page, "flow")
    node(drawn, "bootstrap").wait_for()
    lab.save(page, "journey-1-drawn")
    run_to(page, "run")
    lit = shown(page, "run")
    node(lit, "bootstrap", "running").wait_for()
    lab.save(page, "journey-2-lit")
    head(lit, "Done").wait_for()
    lab.save(page, "journey-3-done")

    # another prompt, from there on: the dear step is not run again
    node(lit, "letter").click()
    letter = lit.locator(".pai-Inspector")
    prompt = letter.get_by_label("prompt of letter")
    prompt.fill("{species}: about {low:.0f} g")
    prompt.press("Control+Enter")
    lab.save(page, "journey-4-changed")
    letter.get_by_role("button", name="Run from here").click()
    node(lit, "bootstrap", "reused").wait_for()
    head(lit, "Done").wait_for()
    letter.get_by_text("Adelie: about 3").first.wait_for()
    lab.save(page, "journey-5-from-there")

    # the plug is pulled, and the page closed in mid-run
    run_to(page, "kill")
    run_to(page, "alive")
    running = shown(page, "alive")
    head(running, "Running").wait_for()
    lab.save(page, "journey-6-pulled")
    page.wait_for_function("window.jupyterapp.shell.currentWidget.context.model.dirty")
    lab.command(page, "docmanager:save")
    page.close()

    # the next morning, without a kernel
    later = lab.open(browser)
    open_book(lab, later)
    later.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    finished = shown(later, "alive")
    head(finished, "Done").wait_for()
    finished.get_by_text(re.compile("Worker stopped here")).wait_for()
    stand_at_the_end(finished)
    node(finished, "read_csv", "completed").wait_for()
    lab.save(later, "journey-7-next-morning")
    save_in_both_themes(lab, later, "first-flow")
