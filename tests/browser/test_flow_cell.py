"""A flow and a run in the cells of a notebook, alive with and without a kernel."""

from pathlib import Path

import nbformat
import pytest

from tests.browser.conftest import Lab

IMPORT = "from persistentai_lab.examples.penguins import report\nimport persistentai_lab as pai"
OUTPUT = ".jp-Notebook .jp-OutputArea-output"
NODES = f"{OUTPUT} .react-flow__node"


def write(lab: Lab, name: str, *cells: str) -> Path:
    path = lab.root / name
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    return path


def open_book(lab: Lab, page, name: str) -> None:
    lab.command(page, "docmanager:open", {"path": name})
    page.wait_for_selector(".jp-Notebook")
    page.evaluate(
        """async () => {
          const panel = window.jupyterapp.shell.currentWidget;
          await panel.context.ready;
          await panel.sessionContext.ready;
        }"""
    )


def run_cells(lab: Lab, page, count: int) -> None:
    for _ in range(count):
        lab.command(page, "notebook:run-cell-and-select-next")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_flow_is_a_graph_in_its_cell(browser, lab_with_runtime, scheme):
    lab = lab_with_runtime
    write(lab, f"flow-{scheme}.ipynb", IMPORT, "report")
    page = lab.open(browser, scheme=scheme)
    open_book(lab, page, f"flow-{scheme}.ipynb")

    run_cells(lab, page, 2)
    page.wait_for_selector(NODES)

    lab.save(page, f"cell-flow-{scheme}")
    assert page.locator(NODES).count() >= 13
    assert page.locator(f"{OUTPUT} img").count() == 0
