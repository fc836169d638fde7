"""Somebody at a notebook: open in Lab, in front of them."""

from typing import Any

FIRST = "01_first_flow.ipynb"


def until_ready(page: Any) -> None:
    """Wait until the notebook in front can run cells: its kernel has answered."""
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
    page.evaluate(
        """async () => {
          const panel = window.jupyterapp.shell.currentWidget;
          await panel.context.ready;
          await panel.sessionContext.ready;
        }"""
    )


def run_to(page: Any, cell_id: str) -> None:
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


def shown(page: Any, cell_id: str, where: str = "start") -> Any:
    """What a cell shows, scrolled to."""
    index = page.evaluate(
        """async ([id, where]) => {
          const book = window.jupyterapp.shell.currentWidget.content;
          const index = book.widgets.findIndex(cell => cell.model.id === id);
          await book.scrollToItem(index, where);
          return index;
        }""",
        [cell_id, where],
    )
    return page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}'] .jp-OutputArea")


def node(output: Any, name: str, state: str = "") -> Any:
    """A node on a graph, in a state if one is given."""
    suffix = f"[data-state='{state}']" if state else ""
    return output.locator(f".pai-Block[data-node='{name}']{suffix}")


def head(output: Any, word: str) -> Any:
    """The line above a graph, when it says this."""
    return output.locator(".pai-FlowHead", has_text=word)
