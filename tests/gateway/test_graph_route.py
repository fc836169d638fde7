"""A canvas asks the gateway what to draw."""

from tests.gateway.conftest import Gateway
from tests.runtime import flow, node

FLOW = flow(
    node("a", "numbers.add", left=1, right=2),
    node("b", "numbers.add", right=3),
    edges=("a > b.left",),
    outputs={"sum": "b"},
).model_dump(mode="json")


def test_the_graph_of_a_run_is_drawn_with_the_blocks_it_was_pinned_to(gateway: Gateway) -> None:
    gateway.start()
    run = gateway.http.post("/runs", json={"flow": FLOW}).json()["run_id"]

    graph = gateway.http.get(f"/runs/{run}/graph").json()

    first, second = graph["nodes"]
    assert (first["title"], first["effect"], first["outputs"][0]["glyph"]) == (
        "Add", "pure", "number",
    )  # fmt: skip
    assert second["inputs"][0]["source"] == {"node": "a", "port": "result"}
    assert second["inputs"][1]["value"] == 3


def test_a_run_that_is_not_there_has_no_graph(gateway: Gateway) -> None:
    gateway.start()

    answer = gateway.http.get("/runs/r-none/graph")

    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
