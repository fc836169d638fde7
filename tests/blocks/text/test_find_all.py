import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import find_all
from persistentai_lab.engine.bodies.body import Bodies, Work
from persistentai_lab.engine.bodies.context import Errand, Say
from persistentai_lab.errors import BodyTimedOut, NodeError
from persistentai_lab.flow.values import encode
from persistentai_lab.memory.layer import Answer, Query


@given(st.lists(st.integers(0, 999)))
def test_finds_every_number_between_words(numbers: list[int]) -> None:
    text = "".join(f"<{number}>" for number in numbers)

    assert find_all(text, r"\d+") == [str(number) for number in numbers]


def test_hands_on_the_group_that_is_asked_for_where_it_has_a_part() -> None:
    assert find_all("a=1 b c=3", r"(\w)(=(?P<n>\d))?", group="n") == ["1", "3"]
    assert find_all("Aa", "a", ignore_case=True) == ["A", "a"]


@pytest.mark.parametrize(
    ("pattern", "group", "message"),
    [
        ("(", 0, r"no regular expression: missing \), unterminated subpattern at position 0"),
        ("a{99999999999999}", 0, "no regular expression"),
        ("(a)", 2, "no group 2.*There is: 0 to 1"),
        ("(?P<n>a)", "m", "no group 'm'.*There is: 0 to 1, 'n'"),
    ],
)
def test_a_malformed_pattern_is_refused(pattern: str, group: int | str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        find_all("a", pattern, group=group)


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(NodeError, match="10,000,001 characters; 10,000,000"):
        find_all("a" * 10_000_001, "a")


def test_a_pattern_that_would_take_for_ever_is_ended() -> None:
    assert find_all.signature.cpu
    assert find_all.signature.timeout_s == 10

    with pytest.raises(BodyTimedOut):
        asyncio.run(_in_a_child("a" * 40 + "b", "(a|aa)+$", timeout_s=1.0))


async def _in_a_child(text: str, pattern: str, timeout_s: float) -> None:
    bodies = Bodies()
    work = Work(find_all.name, 1, True, timeout_s, Errand("r", "s0", 1, 1))
    inputs = {"text": encode(text, str), "pattern": encode(pattern, str)}
    say = Say(lambda _level, _message: None, lambda _done, _total: None)
    try:
        await bodies.run(work, inputs, code=None, say=say, ask=_nothing)
    finally:
        bodies.close()


async def _nothing(query: Query) -> Answer:
    return Answer()
