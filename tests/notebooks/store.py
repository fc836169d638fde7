"""Run the notebooks and keep in them what their cells show: `python -m tests.notebooks.store`.

Names of notebooks after it (`02_memory`) are those to run; all, if there are none.

They run against a runtime of their own. A run is kept as it ended, as Lab does it too: whoever
reads the notebook on a Git host does not see it queued for ever.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

import persistentai_lab as pai
from persistentai_lab import supervisor
from persistentai_lab.notebook.display import run_bundle
from persistentai_lab.storage.home import HOME_VARIABLE, STATE_VARIABLE, Home
from persistentai_lab.widgets.mime import FLOW

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def store(path: Path) -> None:
    """Run one notebook from top to bottom."""
    book = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": path.parent}}
    NotebookClient(
        book, timeout=180, kernel_name="python3", resources=where, record_timing=False
    ).execute()
    for cell in book.cells:
        for output in cell.get("outputs", []):
            _keep(output.get("data", {}))
    book.metadata.pop("widgets", None)
    nbformat.write(book, path)


def _keep(data: Any) -> None:
    """What means something to whoever opens it: no widget of a kernel that is gone."""
    data.pop(WIDGET, None)
    shown = data.get(FLOW)
    if shown is None:
        return
    shown.pop("model_id", None)
    if shown.get("run_id"):
        data.update(run_bundle(pai.Run(shown["run_id"])))


def main() -> None:
    """Those that are named, or all of them."""
    with tempfile.TemporaryDirectory(prefix="pai-store-", dir="/tmp") as folder:
        os.environ[HOME_VARIABLE] = f"{folder}/home"
        os.environ[STATE_VARIABLE] = f"{folder}/state"
        os.environ["LOGNAME"] = "you"  # whoever opens it is meant, not who stored it
        os.chmod(folder, 0o755)
        home = Home.open()
        supervisor.up(home, workers=1)
        try:
            for path in sorted(NOTEBOOKS.glob("*.ipynb")):
                if sys.argv[1:] and path.stem not in sys.argv[1:]:
                    continue
                store(path)
                print(path.name)
        finally:
            supervisor.down(home)


if __name__ == "__main__":
    main()
