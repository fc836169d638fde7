from persistentai_lab.blocks.values import constant


def test_hands_on_what_it_is_given() -> None:
    assert constant({"a": [1, None]}) == {"a": [1, None]}
