"""A flow and a run in the cells of a notebook, alive with and without a kernel."""

import os
import signal
from pathlib import Path

import nbformat

from persistentai_lab.widgets.mime import FLOW
from tests.browser.book import until_ready
from tests.browser.conftest import Lab

IMPORT = """
import persistentai_lab as pai
from persistentai_lab.examples.penguins import report
"""
HOLD = """
@pai.block(effect="read")
def until_there(path: str) -> str:
    "Runs until the file is there."
    import time
    from pathlib import Path

    while not Path(path).exists():
        time.sleep(0.05)
    return path

@pai.flow
def held(path: str) -> str:
    return until_there(path)
"""
"""A flow that runs as long as a test wants, however slow the machine: until it makes a file."""
OUTPUT = ".jp-Notebook .jp-OutputArea-output"
NODES = f"{OUTPUT} .react-flow__node"
HEAD = f"{OUTPUT} .pai-FlowHead"


def write(lab: Lab, name: str, *cells: str) -> Path:
    path = lab.root / name
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    return path


def saved(lab: Lab, page, path: Path) -> dict:
    """The last output of ours that the notebook keeps."""
    lab.command(page, "docmanager:save")
    book = nbformat.read(path, as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    return [output.data for output in outputs if FLOW in output.get("data", {})][-1]


def wait_for_the_last_picture(page) -> None:
    page.wait_for_function(
        """mime => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.some(
          cell => cell.outputs?.some(output => output.data?.[mime]?.is_final)
        )""",
        arg=FLOW,
    )


def open_book(lab: Lab, page, path: Path) -> None:
    lab.command(page, "docmanager:open", {"path": path.name})
    until_ready(page)


def run_cells(lab: Lab, page, count: int) -> None:
    for _ in range(count):
        lab.command(page, "notebook:run-cell-and-select-next")


def lose_kernel(page) -> None:
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def restart_kernel(page) -> None:
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")


def test_a_flow_is_a_graph_in_its_cell(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    open_book(lab, page, write(lab, "flow.ipynb", IMPORT, "report"))

    run_cells(lab, page, 2)
    page.wait_for_selector(NODES)

    lab.save_in_both(page, "cell-flow")
    page.locator(NODES).nth(12).wait_for(state="attached")
    assert page.locator(f"{OUTPUT} img.pai-Picture").count() == 0


def test_a_run_lights_up_while_the_kernel_is_busy(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    end = lab.root / "run.end"
    book = write(lab, "run.ipynb", IMPORT + HOLD, f"held.run(path={str(end)!r})", "input()")
    open_book(lab, page, book)

    run_cells(lab, page, 2)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")  # never ends
    page.locator(HEAD, has_text="Running").wait_for()
    lab.save_in_both(page, "cell-running")
    end.touch()
    page.locator(HEAD, has_text="Done").wait_for()

    lab.save_in_both(page, "cell-done")
    busy = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
    assert page.evaluate(busy) == "busy"


def test_a_run_begun_in_the_cell_is_remembered_by_the_notebook(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    book = write(lab, "begun.ipynb", IMPORT, "report")
    open_book(lab, page, book)
    run_cells(lab, page, 2)

    page.locator(f"{HEAD} button:not([disabled])", has_text="Run").click()
    lab.save(page, "cell-run-form")
    page.locator(f"{OUTPUT} .pai-RunForm input").last.fill("0.5")
    page.locator(f"{OUTPUT} .pai-RunForm button", has_text="Run").click()
    page.locator(HEAD, has_text="Done").wait_for()
    wait_for_the_last_picture(page)

    kept = saved(lab, page, book)
    assert kept[FLOW]["run_id"].startswith("r-")
    assert kept[FLOW]["graph"]["name"] == "report"
    assert "completed" in kept["text/html"]
    page.close()

    later = lab.open(browser)
    open_book(lab, later, book)
    lose_kernel(later)
    later.locator(HEAD, has_text="Done").wait_for()
    lab.save(later, "cell-next-morning")


def test_a_run_goes_on_in_its_cell_when_the_kernel_is_restarted(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    end = lab.root / "restarted.end"
    cell = f"held.run(path={str(end)!r})"
    open_book(lab, page, write(lab, "restarted.ipynb", IMPORT + HOLD, cell))
    run_cells(lab, page, 2)
    page.locator(HEAD, has_text="Running").wait_for()

    restart_kernel(page)
    end.touch()
    page.locator(HEAD, has_text="Done").wait_for()

    page.locator(f"{OUTPUT} [data-node='until_there'][data-state='completed']").wait_for()
    lab.save(page, "cell-restarted")


def test_a_flow_whose_kernel_is_gone_says_what_to_do_to_run_it(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    open_book(lab, page, write(lab, "gone.ipynb", IMPORT, "report"))
    run_cells(lab, page, 2)
    page.locator(f"{HEAD} button:not([disabled])", has_text="Run").wait_for()

    restart_kernel(page)

    page.locator(f"{HEAD} button[disabled]", has_text="Run").wait_for()
    lab.save(page, "cell-kernel-gone")
    page.locator(NODES).nth(12).wait_for(state="attached")


def test_two_tabs_show_one_run(browser, lab_with_runtime):
    lab = lab_with_runtime
    one = lab.open(browser)
    end = lab.root / "two.end"
    book = write(lab, "two.ipynb", IMPORT + HOLD, f"run = held.run(path={str(end)!r})\nrun")
    open_book(lab, one, book)
    run_cells(lab, one, 2)
    one.locator(HEAD, has_text="Running").wait_for()
    lab.command(one, "docmanager:save")

    other = lab.open(browser)
    open_book(lab, other, book)
    other.locator(HEAD, has_text="Running").wait_for()

    end.touch()
    for page in (one, other):
        page.locator(HEAD, has_text="Done").wait_for()
    lab.save(other, "cell-second-tab")
    wait_for_the_last_picture(one)
    dirty = "window.jupyterapp.shell.currentWidget.context.model.dirty"
    assert (one.evaluate(dirty), other.evaluate(dirty)) == (True, False)


def test_a_run_of_another_machine_is_the_saved_picture_and_says_so(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    book = write(lab, "foreign.ipynb", IMPORT, "report.run(seconds=0)")
    open_book(lab, page, book)
    run_cells(lab, page, 2)
    page.locator(HEAD, has_text="Done").wait_for()
    known = saved(lab, page, book)[FLOW]["run_id"]
    page.close()
    book.write_text(book.read_text().replace(known, "r-00000000000000000000"))

    page = lab.open(browser)
    open_book(lab, page, book)

    page.wait_for_selector(".pai-CellFlow-note >> text=does not know this run")
    lab.save(page, "cell-foreign")
    page.locator(f"{OUTPUT} img.pai-Picture").wait_for()
    assert page.locator(NODES).count() == 0


def test_a_flow_stands_inside_other_widgets(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    cell = "import ipywidgets\nipywidgets.VBox([ipywidgets.Label('Mine'), report.widget()])"
    open_book(lab, page, write(lab, "boxed.ipynb", IMPORT, cell))

    run_cells(lab, page, 2)
    page.wait_for_selector(".widget-vbox .react-flow__node")

    lab.save(page, "cell-boxed")
    page.locator(".widget-vbox .react-flow__node").nth(12).wait_for(state="attached")


def test_a_gateway_that_is_gone_is_told_and_what_was_seen_stays(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    end = lab.root / "away.end"
    cell = f"held.run(path={str(end)!r})"
    open_book(lab, page, write(lab, "away.ipynb", IMPORT + HOLD, cell))
    pids = {process["name"]: process["pid"] for process in lab.processes()}  # takes a while
    run_cells(lab, page, 2)
    page.locator(HEAD, has_text="Running").wait_for()

    os.kill(pids["supervisor"], signal.SIGSTOP)  # or the gateway would be back at once
    try:
        os.kill(pids["gateway"], signal.SIGKILL)
        page.locator(f"{OUTPUT} .pai-Strip", has_text="Connection lost").wait_for()
        lab.save(page, "cell-gateway-gone")
        assert page.locator(f"{OUTPUT} [data-node='until_there']").count() == 1
    finally:
        os.kill(pids["supervisor"], signal.SIGCONT)
        end.touch()

    page.locator(HEAD, has_text="Done").wait_for()
    page.locator(f"{OUTPUT} .pai-Strip").wait_for(state="detached")


def test_a_run_asked_for_while_the_gateway_is_gone_says_how_to_start_it(
    browser, lab_without_runtime
):
    lab = lab_without_runtime
    page = lab.open(browser)
    open_book(lab, page, write(lab, "down.ipynb", IMPORT, "pai.Run('r-0')"))

    run_cells(lab, page, 2)

    page.locator(f"{OUTPUT} .pai-Notice", has_text="persistentai up").wait_for()
    lab.save(page, "cell-no-runtime")
