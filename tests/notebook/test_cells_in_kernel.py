"""Functions typed into the cells of a real kernel run on a real runtime."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests import forking

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("live")]


@pytest.fixture
def typed(tmp_path: Path) -> Callable[..., list[str]]:
    """Type cells into a fresh kernel; gives what each printed, errors included."""

    def run(*cells: str) -> list[str]:
        notebook = new_notebook(cells=[new_code_cell(dedent(cell).strip()) for cell in cells])
        NotebookClient(
            notebook,
            timeout=200,
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
    *_, said = typed(*SPECIES, ROWS, "print(report.run(rows=rows).result(timeout=90))")

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
        "print(report.run(n=0)['portion'].error or report.run(n=0).result(timeout=90))",
    )

    assert "return part / whole  # the culprit" in said
    assert "<cell:portion>" in said


def test_a_running_flow_keeps_the_body_it_began_with_and_the_next_run_has_the_new_one(
    typed, tmp_path
):
    body = """
        @pai.block
        def slow(n: int) -> str:
            import pathlib, time
            while not pathlib.Path(FLAG).exists():
                time.sleep(0.02)
            return "{}"
        """
    *_, said = typed(
        f"import persistentai_lab as pai\nFLAG = {str(tmp_path / 'go')!r}",
        body.format("old"),
        """
        @pai.flow
        def report(n: int) -> str:
            return slow(n)
        """,
        """
        first = report.run(n=1)
        for event in first.events():
            if event.type == "node.started":
                break
        """,
        body.format("new"),
        """
        second = report.run(n=1)
        open(FLAG, "w").close()
        print(first.result(timeout=90), second.result(timeout=90))
        """,
    )

    assert said == "old new\n"


def test_everything_that_cannot_be_sent_is_refused_before_anything_runs(typed):
    *_, told, runs = typed(
        "import persistentai_lab as pai\nimport pandas as pd, sqlite3",
        """
        df = pd.DataFrame({"a": range(10**6)})
        log = open("log.txt", "w")
        con = sqlite3.connect(":memory:")
        """,
        """
        @pai.block
        def bad(n: int) -> int:
            %timeit -n1 -r1 n
            log.write(str(len(df)))
            con.execute("select 1")
            return of_another_notebook(n)

        @pai.flow
        def report(n: int) -> int:
            return bad(n)
        """,
        "report.run(n=1)",
        "print(len(report.check()), [p.node for p in report.check()][:1], len(pai.runs()) >= 0)",
    )

    for words in (
        "CannotShip",
        "[large_global] bad: 'bad' uses 'df', a DataFrame of 1,000,000 × 1 (8 MB).",
        "[open_file] bad: 'bad' uses 'log', an open file ('log.txt').",
        "[open_connection] bad: 'bad' uses 'con'",
        "[undefined_name] bad: 'bad' uses 'of_another_notebook'",
        "[needs_notebook] bad: 'bad' uses '%timeit'",
    ):
        assert words in told
    assert "Traceback" not in told
    assert runs == "5 ['bad'] True\n"


def test_what_ipython_puts_into_a_kernel_is_no_need_of_a_function(typed, tmp_path):
    (tmp_path / "data.txt").write_text("hello")

    text, said = typed(
        "import persistentai_lab as pai",
        """
        @pai.block
        def read(path: str) -> str:
            with open(path) as file:
                return file.read()

        @pai.flow
        def report(path: str) -> str:
            return read(path)
        """,
        "from persistentai_lab.client import ship_flow\nprint(ship_flow(report)[0].source)",
        f"print(report.run(path={str(tmp_path / 'data.txt')!r}).result(timeout=90))",
    )[-2:]

    assert "IPython" not in text
    assert said == "hello\n"


def test_a_module_beside_the_notebook_is_imported_by_the_worker(typed, tmp_path):
    (tmp_path / "beside_the_notebook.py").write_text("def twice(n):\n    return 2 * n\n")

    *_, said = typed(
        "import persistentai_lab as pai\nfrom beside_the_notebook import twice",
        """
        @pai.block
        def double(n: int) -> int:
            return twice(n)

        @pai.flow
        def report(n: int) -> int:
            return double(n)
        """,
        "print(report.run(n=21).result(timeout=90))",
    )

    assert said == "42\n"


def test_a_flow_from_a_file_finds_the_functions_of_the_cells_that_define_them(typed):
    *_, said = typed(
        *SPECIES,
        ROWS,
        "loaded = pai.Flow.load(str(report.save('report.flow.json')))",
        "print(loaded.run(rows=rows).result(timeout=90))",
    )

    assert said == "Gentoo\n"


def test_a_notebook_runs_from_the_command_line(tmp_path):
    path = tmp_path / "report.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(dedent(cell)) for cell in SPECIES]), path)
    rows = '[{"species": "Gentoo", "mass": 5000}]'
    words = [forking.CLI, "run", str(path), "-i", f"rows={rows}", "--json"]

    done = forking.run(*words, environment=os.environ, folder=tmp_path)

    said = json.loads(done.stdout)
    assert (done.returncode, said["outputs"]) == (0, {"result": "Gentoo"}), done.stderr


def test_a_script_is_shipped_whole_and_runs_its_flow_once(tmp_path):
    script = tmp_path / "weigh.py"
    body = "".join(dedent(cell) for cell in (*SPECIES, ROWS))
    script.write_text(f"{body}\nprint(report.run(rows=rows).result(timeout=90))\n")

    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=200)

    assert done.stdout == "Gentoo\n", done.stderr


def test_what_was_typed_at_a_prompt_without_source_is_refused_by_name(tmp_path):
    text = "import persistentai_lab as pai\n@pai.block\ndef f(n: int) -> int: return n\n"
    text += "@pai.flow\ndef report(n: int) -> int: return f(n)\nreport.run(n=1)\n"

    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=200)

    assert "[no_source] f: 'f' has no source" in done.stderr
    assert "Traceback" not in done.stderr
