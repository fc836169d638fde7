from persistentai_lab.blocks.lists import length


def test_counts_items_not_their_contents() -> None:
    assert length([[1, 2], None, ""]) == 3
    assert length([]) == 0
