"""A flow takes what a person has at hand: JSON, and tables, arrays and images as they are."""

import numpy as np
import pandas as pd
import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import tables
from persistentai_lab.errors import FlowInvalid
from persistentai_lab.flow.values import Table

pytestmark = pytest.mark.usefixtures("live")

PENGUINS = pd.DataFrame({"species": ["Adelie", "Gentoo"], "mass": [3700.5, 5076.0]})


@pai.flow
def heavy(penguins: Table, least: float = 4000.0) -> Table:
    return tables.filter(penguins, "mass", least, ">=")


def test_a_table_is_an_input_and_comes_back_as_it_was() -> None:
    run = heavy.run(PENGUINS)

    assert list(run.result(timeout=60)["species"]) == ["Gentoo"]
    pd.testing.assert_frame_equal(run.inputs["penguins"], PENGUINS)
    assert run.inputs["least"] == 4000.0


def test_a_large_table_is_an_input_too() -> None:
    large = pd.DataFrame({"species": "x", "mass": np.random.default_rng(7).random(300_000)})

    assert len(heavy.run(large, least=0.5).result(timeout=60)) == (large["mass"] > 0.5).sum()


def test_the_same_table_again_is_reused_and_another_is_not() -> None:
    first = heavy.run(PENGUINS)
    first.result(timeout=60)

    again = heavy.run(PENGUINS.copy(), reuse=first)
    other = heavy.run(PENGUINS.assign(mass=1.0), reuse=first)

    assert len(again.result(timeout=60)) == 1
    assert len(other.result(timeout=60)) == 0
    assert (again["filter"].status, again["filter"].reused_from) == ("reused", first.id)
    reused = [event.type for event in again.events()].count("node.reused")
    assert reused == 1
    assert "node.reused" not in [event.type for event in other.events()]


def test_a_fork_takes_another_table() -> None:
    first = heavy.run(PENGUINS)
    first.result(timeout=60)

    fork = first.fork(inputs={"penguins": PENGUINS.assign(mass=9000.0)})

    assert len(fork.result(timeout=60)) == 2


def test_what_does_not_fit_is_named_before_anything_runs() -> None:
    with pytest.raises(FlowInvalid) as refused:
        heavy.run(np.zeros(3), least="many")

    named = {problem.port: problem.code for problem in refused.value.problems}
    assert named == {"penguins": "bad_value", "least": "bad_value"}


def test_what_cannot_travel_is_named_by_its_input() -> None:
    with pytest.raises(FlowInvalid) as refused:
        heavy.run(pd.DataFrame({"mixed": [1, "a", object()]}), least=threading_lock())

    assert {problem.port for problem in refused.value.problems} & {"penguins", "least"}


def threading_lock() -> object:
    import threading

    return threading.Lock()
