from persistentai_lab.blocks.log import message
from tests.fakes import FakeContext


def test_says_the_value_with_its_label_and_hands_it_on() -> None:
    ctx = FakeContext()

    assert message({"é": 1}, "row", level="warning", ctx=ctx) == {"é": 1}

    assert ctx.logged == [("warning", 'row: {"é": 1}')]


def test_text_is_said_as_it_is_and_long_text_by_its_beginning() -> None:
    ctx = FakeContext()

    message("hi", ctx=ctx)
    message("x" * 2000, ctx=ctx)

    assert ctx.logged[0] == ("info", "hi")
    assert ctx.logged[1][1] == "x" * 500 + "… (2000 characters)"
