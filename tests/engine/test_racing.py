"""Who runs in races, and what follows from failures there: by what is recorded, not by time."""

from typing import Any

import persistentai_lab as pai
from persistentai_lab.blocks import lists, text
from persistentai_lab.engine.racing import beaten, defeats, out, unneeded
from persistentai_lab.engine.records.record import Version
from persistentai_lab.ids import NodeId
from persistentai_lab.plan import compile_plan

up = text.upper.with_


@pai.flow
def two_races(a: str, b: str) -> dict[str, Any]:  # type: ignore[return]
    """One race inside of another; what `both` makes goes to both, and `out_` leaves the flow."""
    both = up(id="both")(a)
    one = up(id="one")(lists.of.with_(id="pair")(up(id="x")(a), up(id="y")(a)))
    inner = pai.merge(one, both, how="race")
    out_ = up(id="out_")(b)
    outer = pai.merge(up(id="after")(inner), both, up(id="other")(out_), how="race")
    return {"won": outer, "out": out_}


def version() -> Version:
    return Version(two_races.spec, compile_plan(two_races.spec), {})


def ids(*names: str) -> set[NodeId]:
    return {NodeId(name) for name in names}


def test_runners_are_what_goes_to_races_only() -> None:
    assert version().runners == ids("both", "x", "y", "pair", "one", "race", "after", "other")


def test_what_comes_after_a_failure_is_out_and_a_race_is_not() -> None:
    assert set(out(version(), ids("x"))) == ids("x", "pair", "one")
    assert set(out(version(), ids("race"))) == ids("race", "after")


def test_what_only_served_who_is_out_is_needed_no_longer() -> None:
    assert set(unneeded(version(), (), ids("x"))) == ids("x", "y", "pair", "one")
    assert set(unneeded(version(), ids("x"), ids("y"))) == ids("y", "pair", "one")
    decided = ids("race", "both", "x", "y")
    assert set(unneeded(version(), decided, ())) == ids("one", "pair")
    assert unneeded(version(), (), ()) == []


def test_a_race_is_beaten_when_nobody_can_come_any_more() -> None:
    drawn = version()

    assert beaten(drawn, (), ids("x")) == []
    assert beaten(drawn, (), ids("x", "both")) == ["race"]
    assert beaten(drawn, ids("race"), ids("x", "both")) == [], "it was won before"
    assert beaten(drawn, (), ids("x", "both", "race")) == [], "it has said so"
    assert beaten(drawn, (), ids("x", "both", "race", "other")) == ["race_2"]


def test_a_lost_race_names_each_failure_once() -> None:
    failed = dict.fromkeys(ids("x", "both", "race", "other"))

    assert defeats(version(), NodeId("race"), failed) == ["x", "both"]
    assert defeats(version(), NodeId("race_2"), failed) == ["race", "both", "other"]
