"""The notebooks run from top to bottom against a real runtime, as they are.

Only how often the first one draws its sample is less here: people watch it, nobody looks at this.
As it is it runs in `tests/browser/test_first_journey.py`.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from persistentai_lab import supervisor
from persistentai_lab.storage.home import DATABASE_VARIABLE, HOME_VARIABLE, Home
from persistentai_lab.widgets.mime import FLOW
from tests import forking
from tests.forking import CLI

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
STORED = sorted(NOTEBOOKS.glob("*.ipynb"))
FEWER_ROUNDS = {"rounds: int = 2000": "rounds: int = 200", "rounds=6000": "rounds=2000"}
"""Still long enough for the worker to be killed one second after it has begun."""
A_MACHINES_OWN = re.compile(r"/(home|root|tmp|work|opt|Users)/")


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[supervisor.Status]:
    """A runtime of these tests' own, found by whoever inherits our environment."""
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder / "home"))
        patch.setenv(DATABASE_VARIABLE, make_database())
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "jupyter"))
        patch.delenv("PERSISTENTAI_URL", raising=False)
        home = Home.open()
        try:
            yield supervisor.up(home, workers=1)
        finally:
            supervisor.down(home)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path: Path, runtime: supervisor.Status) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for rounds, fewer in FEWER_ROUNDS.items():
            cell.source = cell.source.replace(rounds, fewer)

    NotebookClient(
        notebook, timeout=200, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()

    for cell in notebook.cells:
        if "raises-exception" in cell.metadata.get("tags", []):
            assert "error" in {output.output_type for output in cell.outputs}, "was meant to fail"


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_outputs_name_no_place_of_the_machine_that_made_them(path: Path) -> None:
    assert not A_MACHINES_OWN.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_whoever_opens_it_on_a_git_host_sees_what_it_shows(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)

    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    shown = {kind for out in outputs for kind in out.get("data", {})}
    unmeant = [
        cell.id
        for cell in notebook.cells
        for out in cell.get("outputs", [])
        if out.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]

    assert {"image/svg+xml", "text/html", FLOW} <= shown
    assert not unmeant


@pytest.mark.timeout(300)
def test_the_notebook_itself_runs_from_the_command_line(runtime: supervisor.Status) -> None:
    command = [CLI, "run", "01_first_flow.ipynb:weights", "--input", "rounds=50", "--json"]

    done = forking.run(*command, environment=os.environ, folder=NOTEBOOKS)

    said = json.loads(done.stdout)
    assert (done.returncode, said["status"]) == (0, "completed"), done.stderr
    assert "Gentoo: " in said["outputs"]["result"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "flow", ["penguins.flow.json", "persistentai_lab.examples.penguins:report"]
)
def test_the_first_flow_runs_from_the_command_line_too(
    flow: str, runtime: supervisor.Status
) -> None:
    command = [CLI, "run", flow, "--json", "--input", "seconds=0"]

    done = forking.run(*command, environment=os.environ, folder=NOTEBOOKS)

    said = json.loads(done.stdout)
    assert (done.returncode, said["status"]) == (0, "completed"), done.stderr
    assert "| Gentoo    | body_mass_g       |   123 |" in said["outputs"]["result"]
