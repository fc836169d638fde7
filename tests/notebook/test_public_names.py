import subprocess
import sys

import pytest

import persistentai_lab as pai
from persistentai_lab.errors import FlowInvalid, Problem, TraceError


def fresh(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_import_loads_nothing_heavy():
    heavy = ("dbos", "fastapi", "httpx", "pandas", "numpy", "pydantic", "anywidget", "networkx")

    loaded = fresh(
        "import sys, persistentai_lab as pai;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    assert loaded == "[]"


def test_flows_and_blocks_load_neither_engine_nor_server():
    loaded = fresh(
        "import sys, persistentai_lab as pai; from persistentai_lab.blocks import csv, text\n"
        "pai.flow(lambda: None); pai.Run('r-1')\n"
        "print([name for name in ('dbos', 'fastapi', 'pandas') if name in sys.modules])"
    )

    assert loaded == "[]"


@pytest.mark.parametrize("name", pai.__all__)
def test_every_public_name_is_there(name):
    assert getattr(pai, name) is not None


def test_public_names_are_few_enough_to_remember():
    assert len(pai.__all__) <= 40
    assert set(pai.__all__) <= set(dir(pai))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="flwo"):
        _ = pai.flwo


@pytest.mark.parametrize(
    "first",
    ["", "import persistentai_lab.flow.model", "from persistentai_lab.flow import model"],
)
def test_flow_is_the_decorator_and_the_package_whatever_is_imported_first(first):
    script = f"""
{first}
import persistentai_lab as pai
from persistentai_lab import flow
import persistentai_lab.flow.model as model
from persistentai_lab.blocks import text

@pai.flow
def one(words: list[str]) -> str:
    return text.join(words)

@flow(name="two words")
def two(words: list[str]) -> str:
    return text.join(words)

print(type(one) is pai.Flow, one.name, two.name, model.FlowSpec.__name__)
"""
    assert fresh(script) == "True one two words FlowSpec"


def test_error_in_a_cell_is_what_is_wrong_and_what_to_do_without_our_stack():
    problem = Problem("cycle", "a and b wait for each other.", "Cut one edge.", node="a")

    text = "\n".join(FlowInvalid([problem])._render_traceback_())

    assert "a and b wait for each other." in text
    assert "Cut one edge." in text
    assert "Traceback" not in text


def test_error_in_a_cell_names_the_persons_own_line():
    def report(n: int) -> None:
        if n:
            pass

    with pytest.raises(TraceError) as caught:
        pai.flow(report)

    lines = caught.value._render_traceback_()
    assert any(line.endswith("if n:") for line in lines)
    assert lines[-1].startswith("  → ")


def test_ipython_shows_the_short_form(capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_cell("from persistentai_lab.errors import RuntimeDown")
    shell.run_cell("raise RuntimeDown('Nothing answers.', remedy='Start it.')")

    shown = capsys.readouterr().out
    assert "RuntimeDown: Nothing answers." in shown
    assert "→ Start it." in shown
    assert "Traceback" not in shown
