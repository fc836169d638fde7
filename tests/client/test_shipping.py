"""What of a person's own code travels with a flow."""

import sys
from importlib import metadata

import pytest

from persistentai_lab.blocks import lists
from persistentai_lab.client import ship_flow, ship_modules
from persistentai_lab.client.environment import environment_of
from persistentai_lab.errors import CannotShip
from persistentai_lab.examples.penguins import report
from persistentai_lab.flow.flow import Flow, flow
from persistentai_lab.version import VERSION
from tests.blocks.typed import PAI, Kernel

UP = "@pai.block\ndef up(n: int) -> int:\n    return n + STEP"
CLIMB = "@pai.flow\ndef climb(n: int) -> int:\n    return up(up(n))"


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A notebook whose cells have run, and this process is its kernel."""
    kernel = Kernel(PAI, "STEP = 1", UP, CLIMB)
    monkeypatch.setitem(sys.modules, "__main__", kernel.main)
    return kernel


def test_a_function_of_a_cell_travels_alone_under_its_full_name(kernel):
    (code,) = ship_flow(kernel["climb"])

    assert code.module == "cell:up"
    assert [it.block for it in code.signatures] == ["cell:up"]
    assert "climb" not in code.source


def test_each_function_of_a_cell_is_a_unit_of_its_own(kernel):
    kernel.run(UP.replace("up", "down"))
    kernel.run(CLIMB.replace("up(up(n))", "down(up(n))"))
    before = {it.module: it.source for it in ship_flow(kernel["climb"])}

    kernel.run(UP.replace("STEP", "2 * STEP"))
    after = {it.module: it.source for it in ship_flow(kernel["climb"])}

    assert before["cell:down"] == after["cell:down"]
    assert before["cell:up"] != after["cell:up"]


def test_a_module_travels_whole_with_the_signatures_of_what_is_used():
    (code,) = ship_flow(report)

    assert code.module == "persistentai_lab.examples.penguins"
    assert "def report" in code.source


def test_the_python_it_is_for_travels_with_every_unit(kernel):
    units = [*ship_flow(report), *ship_flow(kernel["climb"])]

    for environment in (it.environment for it in units):
        assert environment is not None
        assert environment.executable == sys.executable
        assert environment.lab == VERSION


def test_of_packages_those_are_named_that_the_text_imports():
    text = (
        "import pandas as pd, json\ndef f():\n    from numpy.linalg import norm\n    import nowhere"
    )

    packages = environment_of(text).packages

    assert packages == {name: metadata.version(name) for name in ("numpy", "pandas")}


def test_folders_are_absolute_and_the_one_it_works_in_is_among_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "relative", *sys.path])
    (tmp_path / "relative").mkdir()

    path = environment_of("").path

    assert path[:2] == (str(tmp_path), str(tmp_path / "relative"))
    assert all(folder.startswith("/") for folder in path)


def test_built_in_blocks_need_no_code():
    @flow
    def top(rows: list[int]) -> list[int]:
        return lists.take(rows, 2)

    assert ship_flow(top) == ()


def test_a_flow_that_is_only_data_finds_the_cells_of_this_kernel(kernel):
    spec = kernel["climb"].spec

    (code,) = ship_modules(spec)
    (again,) = ship_flow(Flow(spec, {}))

    assert code == again
    assert code.module == "cell:up"


def test_a_flow_whose_cells_are_elsewhere_brings_nothing():
    spec = Kernel(PAI, "STEP = 1", UP, CLIMB)["climb"].spec

    assert ship_modules(spec) == ()


def test_what_cannot_travel_is_told_of_all_blocks_with_their_nodes(kernel):
    kernel.run("@pai.block\ndef odd(n: int) -> int:\n    return nowhere")
    kernel.run("@pai.flow\ndef inner(n: int) -> int:\n    return odd(n)")
    kernel.run("@pai.flow\ndef outer(n: int) -> int:\n    return up.with_(id='one')(inner(n))")
    kernel.run("del STEP")

    with pytest.raises(CannotShip) as caught:
        ship_flow(kernel["outer"])

    found = {(it.code, it.node) for it in caught.value.problems}
    assert found == {("undefined_name", "one"), ("undefined_name", "inner/odd")}
    assert {(it.code, it.node) for it in kernel["outer"].check()} == found


def test_a_flow_can_be_drawn_and_saved_though_it_cannot_travel(kernel, tmp_path):
    kernel.run("del STEP")

    assert kernel["climb"].save(tmp_path / "climb.flow.json").exists()


def test_two_functions_of_one_name_in_one_flow_are_refused(kernel):
    kernel.run(
        """
        def make(k):
            @pai.block
            def times(n: int) -> int:
                return n * k
            return times

        @pai.flow
        def both(n: int) -> int:
            return make(3)(make(2)(n))
        """
    )

    with pytest.raises(CannotShip) as caught:
        ship_flow(kernel["both"])

    (problem,) = caught.value.problems
    assert (problem.code, problem.node) == ("two_definitions", "times")
    assert "'times'" in problem.message


def test_a_block_with_other_ports_asks_to_draw_the_flow_again(kernel):
    kernel.run(UP.replace("n: int)", "n: int, by: int)"))

    with pytest.raises(CannotShip, match="Run the cell that draws the flow again"):
        ship_flow(kernel["climb"])

    kernel.run(CLIMB.replace("up(up(n))", "up(n, n)"))
    assert ship_flow(kernel["climb"])


def test_another_effect_is_taken_over_without_drawing_anew(kernel):
    kernel.run(UP.replace("@pai.block", "@pai.block(effect='pure')"))

    (code,) = ship_flow(kernel["climb"])

    assert code.signatures[0].effect == "pure"
