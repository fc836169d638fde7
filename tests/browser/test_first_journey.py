"""The first journey, in the notebook that a newcomer opens: draws itself, lights up, changes one
step, survives, and is there the next morning.
"""

import re

from tests.browser.conftest import Lab

BOOK = "01_first_flow.ipynb"


def open_book(lab: Lab, page) -> None:
    lab.command(page, "docmanager:open", {"path": BOOK})
    page.wait_for_selector(".jp-Notebook")
    page.evaluate(
        """async () => {
          const panel = window.jupyterapp.shell.currentWidget;
          await panel.context.ready;
          await panel.sessionContext.ready;
        }"""
    )


def run_to(lab: Lab, page, cell_id: str) -> None:
    """Run the cells from the selected one to this one, and stand behind it."""
    page.evaluate(
        """async id => {
          const book = window.jupyterapp.shell.currentWidget.content;
          const last = book.widgets.findIndex(cell => cell.model.id === id);
          while (book.activeCellIndex <= last) {
            await window.jupyterapp.commands.execute('notebook:run-cell-and-select-next');
          }
        }""",
        cell_id,
    )


def cell(page, cell_id: str):
    """What a cell shows, scrolled to."""
    index = page.evaluate(
        """async id => {
          const book = window.jupyterapp.shell.currentWidget.content;
          const index = book.widgets.findIndex(cell => cell.model.id === id);
          await book.scrollToItem(index, 'start');
          return index;
        }""",
        cell_id,
    )
    return page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}'] .jp-OutputArea")


def head(shown, word: str):
    return shown.locator(".pai-FlowHead", has_text=word)


def test_the_first_journey(browser, lab_with_runtime: Lab) -> None:
    lab = lab_with_runtime
    page = lab.open(browser)
    open_book(lab, page)

    # three cells: it draws itself, and lights up
    run_to(lab, page, "flow")
    drawn = cell(page, "flow")
    drawn.locator(".pai-Block[data-node='bootstrap']").wait_for()
    lab.save(page, "journey-1-drawn")
    run_to(lab, page, "run")
    lit = cell(page, "run")
    lit.locator(".pai-Block[data-node='bootstrap'][data-state='running']").wait_for()
    lab.save(page, "journey-2-lit")
    head(lit, "Done").wait_for()
    lab.save(page, "journey-3-done")

    # another prompt, from there on: the dear step is not run again
    lit.locator(".pai-Block[data-node='letter']").click()
    letter = lit.locator(".pai-Inspector")
    prompt = letter.get_by_label("prompt of letter")
    prompt.fill("{species}: about {low:.0f} g")
    prompt.press("Control+Enter")
    lab.save(page, "journey-4-changed")
    letter.get_by_role("button", name="Run from here").click()
    lit.locator(".pai-Block[data-node='bootstrap'][data-state='reused']").wait_for()
    head(lit, "Done").wait_for()
    letter.get_by_text("Adelie: about 3").first.wait_for()
    lab.save(page, "journey-5-from-there")

    # the plug is pulled, and the page closed in mid-run
    run_to(lab, page, "kill")
    run_to(lab, page, "alive")
    running = cell(page, "alive")
    head(running, "Running").wait_for()
    lab.save(page, "journey-6-pulled")
    page.wait_for_function("window.jupyterapp.shell.currentWidget.context.model.dirty")
    lab.command(page, "docmanager:save")
    page.close()

    # the next morning, without a kernel
    later = lab.open(browser)
    open_book(lab, later)
    later.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    shown = cell(later, "alive")
    head(shown, "Done").wait_for(timeout=60_000)
    shown.get_by_text(re.compile("Worker stopped here")).wait_for()
    lab.save(later, "journey-7-next-morning")
    assert shown.locator(".pai-Block[data-node='read_csv'][data-state='completed']").count() == 1
