"""Functions typed into the cells of a real kernel run on a real runtime."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from persistentai_lab import supervisor
from persistentai_lab.storage.home import DATABASE_VARIABLE, HOME_VARIABLE, Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", autouse=True)
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[None]:
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
            supervisor.up(home, workers=1)
            yield
        finally:
            supervisor.down(home)


@pytest.fixture
def typed(tmp_path: Path) -> Callable[..., list[str]]:
    """Type cells into a fresh kernel; gives what each printed, errors included."""

    def run(*cells: str) -> list[str]:
        notebook = new_notebook(cells=[new_code_cell(dedent(cell).strip()) for cell in cells])
        NotebookClient(
            notebook,
            timeout=60,
            kernel_name="python3",
            allow_errors=True,
            resources={"metadata": {"path": str(tmp_path)}},
        ).execute()
        return ["".join(map(_said, cell.outputs)) for cell in notebook.cells]

    return run


def _said(output: dict[str, object]) -> str:
    if output["output_type"] == "error":
        return "\n".join(output["traceback"])  # type: ignore[arg-type]
    return str(output.get("text", ""))


SPECIES = (
    """
    import pandas as pd
    from pydantic import BaseModel
    import persistentai_lab as pai
    """,
    """
    HEAVY = 4_000

    class Kind(BaseModel):
        name: str
        mass: float
    """,
    """
    def kind(name, rows):
        return Kind(name=name, mass=rows["mass"].mean())
    """,
    """
    @pai.block
    def heavy(rows: list[dict], at_least: float = HEAVY) -> list[Kind]:
        table = pd.DataFrame(rows)
        kinds = [kind(name, part) for name, part in table.groupby("species")]
        return [kind for kind in kinds if kind.mass >= at_least]


    @pai.block
    def names(kinds: list[Kind]) -> str:
        return ", ".join(kind.name for kind in kinds)


    @pai.flow
    def report(rows: list[dict]) -> str:
        return names(heavy(rows))
    """,
)
ROWS = """
rows = [{"species": "Adelie", "mass": 3700}, {"species": "Gentoo", "mass": 5000},
        {"species": "Gentoo", "mass": 5100}]
"""


def test_a_cells_function_runs_with_its_model_its_helper_and_its_constant(typed):
    *_, said = typed(*SPECIES, ROWS, "print(report.run(rows=rows).result(timeout=30))")

    assert said == "Gentoo\n"


def test_a_failing_body_shows_the_lines_of_its_cell(typed):
    *_, said = typed(
        "import persistentai_lab as pai",
        """
        def share(part, whole):
            return part / whole  # the culprit
        """,
        """
        @pai.block
        def portion(n: int) -> float:
            return share(1, n)

        @pai.flow
        def report(n: int) -> float:
            return portion(n)
        """,
        "print(report.run(n=0)['portion'].error or report.run(n=0).result(timeout=30))",
    )

    assert "return part / whole  # the culprit" in said
    assert "<cell:portion>" in said
