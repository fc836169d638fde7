"""A notebook is a FLOW: `persistentai run report.ipynb`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from persistentai_lab.blocks.source import load_source
from persistentai_lab.cli.flow_source import load_flow
from persistentai_lab.errors import CannotShip, FlowNotFound

PAI = "import persistentai_lab as pai"
UP = """
@pai.block
def up(n: int) -> int:
    return n + STEP


@pai.flow
def climb(n: int = 4) -> int:
    return up(n)
"""


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Save cells as a notebook; gives its path."""
    monkeypatch.syspath_prepend(str(tmp_path))  # and have what loading it adds taken away again

    def save(*cells: str, name: str = "report.ipynb", **metadata: Any) -> str:
        path = tmp_path / name
        code = [new_code_cell(cell.strip("\n")) for cell in cells]
        made = new_notebook(cells=[new_markdown_cell("# Hello"), *code], metadata=metadata)
        path.write_text(json.dumps(made), encoding="utf-8")
        return str(path)

    return save


def call(flow: str, block: str, *given: object) -> object:
    """What a worker makes of a block of the notebook's flow."""
    (code,) = (it for it in load_flow(flow).code if it.module == block)
    return load_source("cell", code.source)[block].func(*given)


def refused(flow: str) -> dict[str, str]:
    with pytest.raises(CannotShip) as caught:
        load_flow(flow)
    return {it.code: f"{it.message} {it.remedy}" for it in caught.value.problems}


def test_the_flow_of_a_notebook_is_drawn_with_what_its_blocks_need(notebook):
    path = notebook(
        "%matplotlib inline\nimport persistentai_lab as pai\nfrom pydantic import BaseModel",
        "STEP = 2",
        "class Row(BaseModel):\n    n: int",
        "def moved(row):\n    return Row(n=row.n + STEP)",
        UP.replace("return n + STEP", "return moved(Row(n=n)).n"),
    )

    loaded = load_flow(path)

    assert loaded.spec.name == "climb"
    assert loaded.spec.inputs["n"].default == 4
    assert call(path, "cell:up", 3) == 5


def test_nothing_is_computed_and_nothing_that_is_not_needed_is_run(notebook, capsys):
    path = notebook(
        PAI + "\nimport no_such_package_at_all",
        "print('computed')\nSTEP = 2",
        "raise RuntimeError('never run')",
        UP,
        "run = climb.run(n=3)\nprint(run.result())",
    )

    assert call(path, "cell:up", 3) == 5
    assert capsys.readouterr().out == ""


def test_cells_of_magics_and_of_other_languages_are_passed_over(notebook):
    path = notebook(
        "%%bash\nfor x in 1 2; do echo $x; done", "!ls", "%%time\n" + PAI, "STEP = 1", UP
    )

    assert call(path, "cell:up", 3) == 4


def test_a_module_beside_the_notebook_is_found(notebook, tmp_path):
    (tmp_path / "beside_it.py").write_text("STEP = 7\n")
    path = notebook(PAI + "\nfrom beside_it import STEP", UP)

    (code,) = load_flow(path).code

    assert "from beside_it import STEP" in code.source
    assert str(tmp_path) in code.environment.path


def test_the_last_definition_of_a_name_counts(notebook):
    path = notebook(PAI, "STEP = 1", "STEP = 2", UP, "STEP = 3")

    assert call(path, "cell:up", 0) == 3


def test_a_default_is_what_the_cells_above_say(notebook):
    text = UP.replace("n: int)", "n: int, by: int = STEP)").replace("n + STEP", "n + by")
    path = notebook(PAI, "STEP = 1", text, "STEP = 'other'")

    assert call(path, "cell:up", 0) == 1


def test_one_flow_of_several_is_named(notebook):
    second = "@pai.flow(name='Twice')\ndef twice(n: int) -> int:\n    return up(up(n))"
    path = notebook(PAI, "STEP = 1", UP, second)

    with pytest.raises(FlowNotFound, match="2 flows") as caught:
        load_flow(path)
    assert "`report.ipynb:climb`, `report.ipynb:twice`" in caught.value.remedy
    with pytest.raises(FlowNotFound, match="no flow 'thrice'"):
        load_flow(f"{path}:thrice")
    assert load_flow(f"{path}:twice").spec.name == "Twice"


def test_a_notebook_without_a_flow_says_so(notebook):
    with pytest.raises(FlowNotFound, match="no flow"):
        load_flow(notebook("x = 1"))


def test_a_cell_that_is_not_python_is_named_with_its_line(notebook):
    path = notebook(PAI, "x = 1\nfor in range(3):\n    pass", UP)

    with pytest.raises(FlowNotFound) as caught:
        load_flow(path)

    assert "Code cell 2" in caught.value.message
    assert "line 2: 'for in range(3):'" in caught.value.message


def test_what_a_cell_computes_is_refused_by_name(notebook):
    path = notebook(PAI + "\nimport random", "STEP = random.randint(1, 6)", UP)

    told = refused(path)["computed_name"]

    assert "'up' (code cell 3) uses 'STEP', which code cell 2 computes" in told
    assert "`STEP = random.randint(1, 6)`" in told
    assert "Make it an input" in told


@pytest.mark.parametrize(
    "cell",
    [
        "for STEP in range(3):\n    pass",
        "with open('x') as STEP:\n    pass",
        "STEP = 1\nSTEP += 1",
        "STEP = [row for row in open('x')]",
        "import os\nSTEP = os.getenv('STEP')",
    ],
)
def test_names_that_statements_leave_behind_are_computed_too(notebook, cell):
    assert "computed_name" in refused(notebook(PAI, cell, UP))


@pytest.mark.parametrize(
    "cell",
    [
        "STEP = 'a b'.split()",
        "from pathlib import Path\nSTEP = Path('a') / 'b'",
        "import re\nSTEP = re.compile('a')",
        "ONE = 1\nSTEP = {'a': [ONE, -2], 'b': ONE + 1}",
        "class Limits:\n    low = 1\n\nSTEP = Limits",
        "if True:\n    STEP = 1\nelse:\n    STEP = 2",
    ],
)
def test_constants_are_no_computations(notebook, cell):
    load_flow(notebook(PAI, cell, UP))


def test_a_name_that_no_cell_defines_is_refused(notebook):
    assert "no cell of the notebook defines" in refused(notebook(PAI, UP))["undefined_name"]


def test_what_a_block_cannot_take_along_is_refused_as_in_a_kernel(notebook):
    path = notebook(PAI, "STEP = 1", UP.replace("return n", "display(n)\n    return n"))

    assert "'display'" in refused(path)["needs_notebook"]


def test_a_definition_that_fails_names_its_cell_and_line(notebook):
    path = notebook(PAI, "STEP = 1", "class Row(1 / 0):\n    pass", UP.replace("n + STEP", "Row"))

    with pytest.raises(FlowNotFound, match="Code cell 3 does not load: ZeroDivisionError"):
        load_flow(path)


@pytest.mark.parametrize("text", ["no json", "[]", '{"worksheets": []}'])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    (tmp_path / "x.ipynb").write_text(text)

    with pytest.raises(FlowNotFound, match="not a notebook"):
        load_flow(str(tmp_path / "x.ipynb"))


def test_a_notebook_of_another_language_is_refused(notebook):
    path = notebook("x <- 1", language_info={"name": "R"})

    with pytest.raises(FlowNotFound, match="notebook of R"):
        load_flow(path)


def test_a_saved_flow_whose_notebook_is_not_here_says_so_by_node(notebook, command, tmp_path):
    flow = load_flow(notebook(PAI, "STEP = 1", UP))
    from persistentai_lab.flow.codec import dumps

    saved = tmp_path / "climb.flow.json"
    saved.write_text(dumps(flow.spec))

    said = command("check", str(saved), "--json")

    (problem,) = said.json["problems"]
    assert (said.code, problem["code"], problem["node"]) == (2, "unknown_cell", "up")
    assert "Open the notebook that defines it" in problem["remedy"]


def test_what_cannot_be_sent_is_a_problem_like_others_to_check(notebook, command):
    said = command("check", notebook(PAI, UP), "--json")

    assert (said.code, [it["code"] for it in said.json["problems"]]) == (2, ["undefined_name"])


def test_a_notebook_is_checked_and_planned_without_a_runtime(notebook, command, monkeypatch):
    monkeypatch.setenv("PERSISTENTAI_URL", "unix:/nowhere/at/all.sock")
    path = notebook(PAI, "STEP = 1", UP)

    assert "nothing wrong" in command("check", path).out
    assert "up" in command("plan", path).out
