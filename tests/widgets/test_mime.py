from persistentai_lab.widgets.mime import LARGEST, flow_json, kept

SMALL = {"nodes": [{"id": "a"}]}
LARGE = {"nodes": ["x" * LARGEST]}


def test_a_large_graph_is_left_to_the_gateway_if_it_has_it():
    assert kept(LARGE, "r-1") is None
    assert kept(SMALL, "r-1") == SMALL


def test_a_graph_that_is_nowhere_else_is_kept_whatever_its_size():
    assert kept(LARGE, None) == LARGE


def test_the_data_says_what_is_shown_and_who_can_run_it():
    assert flow_json(SMALL, "r-1", "w-1") == {
        "version": 1, "graph": SMALL, "run_id": "r-1", "model_id": "w-1", "is_final": False,
    }  # fmt: skip
