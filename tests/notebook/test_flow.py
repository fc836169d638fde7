from datetime import date

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import lists, text
from persistentai_lab.errors import CannotShip, FlowInvalid
from persistentai_lab.flow import flow as plain


@pai.flow
def report(words: list[str], sep: str = " ") -> str:
    """Join words."""
    return text.join(lists.take(words, 2), sep)


def test_flow_runs_with_its_inputs_and_gives_a_run(gateway, client):
    run = report.run(client=client, words=["a", "b"])

    assert run.id == "r-1"
    assert gateway.bodies[0]["inputs"] == {"words": ["a", "b"]}
    assert gateway.bodies[0]["flow"]["name"] == "report"


def test_inputs_travel_in_their_json_form(gateway, client):
    report.run(client=client, words=("a",), day=date(2026, 11, 23))

    assert gateway.bodies[0]["inputs"] == {"words": ["a"], "day": "2026-11-23"}


def test_every_input_that_cannot_travel_is_named_before_anything_is_sent(gateway, client):
    with pytest.raises(FlowInvalid) as caught:
        report.run(client=client, words=object(), sep=object())

    assert [problem.port for problem in caught.value.problems] == ["words", "sep"]
    assert gateway.requests == []


def test_block_that_exists_only_in_the_kernel_is_refused_by_name(gateway, client):
    names: dict[str, object] = {"__name__": "a_cell"}
    exec("def shout(text: str) -> str:\n    return text.upper()", names)
    shout = pai.block(names["shout"])

    @pai.flow
    def loud(word: str) -> str:
        return shout(word)

    with pytest.raises(CannotShip, match="shout"):
        loud.run(client=client, word="a")

    assert gateway.requests == []


def test_blocks_of_a_module_travel_as_source(gateway, client):
    from persistentai_lab.examples import penguins

    penguins.report.run(client=client)

    (module,) = gateway.bodies[0]["code"]
    assert module["module"] == "persistentai_lab.examples.penguins"
    assert "def report" in module["source"]
    assert all(item["block"].startswith(module["module"]) for item in module["signatures"])


def test_flow_draws_itself(tmp_path):
    assert "data:image/svg+xml" in report._repr_html_()
    assert report._repr_svg_().startswith("<svg")


def test_plan_is_text_and_a_diagram():
    plan = report.plan()

    assert "join" in repr(plan)
    assert plan._repr_mimebundle_()["text/vnd.mermaid"] == plan.mermaid


def test_saved_flow_is_loaded_again(tmp_path):
    path = report.save(tmp_path / "report.flow.json")

    loaded = pai.Flow.load(str(path))

    assert loaded.hash == report.hash
    assert isinstance(loaded, plain.Flow)
