"""`flow.set`: what a person edits on the canvas, from Python."""

import pytest

from persistentai_lab.errors import FlowInvalid
from persistentai_lab.examples.penguins import report


def test_a_flow_with_other_literals_is_another_flow():
    changed = report.set("where_table", digits=4, style="plain")

    assert changed.spec.node("where_table").values == {"digits": 4, "style": "plain"}
    assert report.spec.node("where_table").values == {"style": "markdown"}
    assert changed.hash != report.hash


def test_it_is_run_as_it_is_drawn(here):
    report.set("where_table", digits=4).run(seconds=0)

    (body,) = here.bodies
    assert {"digits": 4, "style": "markdown"} in [node["values"] for node in body["flow"]["nodes"]]


@pytest.mark.parametrize(
    ("node", "values", "code"),
    [
        ("where_tabel", {"digits": 4}, "node_not_found"),
        ("where_table", {"digit": 4}, "unknown_port"),
        ("where_table", {"digits": "four"}, "bad_value"),
        ("where_table", {"rows": []}, "port_fed"),
        ("where_table", {"digits": object()}, "bad_input"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(node, values, code):
    with pytest.raises(FlowInvalid) as caught:
        report.set(node, **values)

    (problem,) = caught.value.problems
    assert (problem.code, problem.node) == (code, node)
    assert problem.remedy
