from persistentai_lab.blocks.text import upper


def test_one_small_letter_can_become_two_capitals() -> None:
    assert upper("straße") == "STRASSE"
