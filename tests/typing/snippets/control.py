"""Control calls as a person writes them."""

from typing import reveal_type

import persistentai_lab as pai
from persistentai_lab.blocks import numbers, values


@pai.block
def length(word: str, more: int = 0) -> int:
    return len(word) + more


@pai.block
def shout(word: str) -> str:
    return word.upper()


@pai.block
def explain(error: pai.Failure) -> str:
    return error["message"]


@pai.flow
def main(words: list[str], start: float) -> dict[str, object]:
    reveal_type(pai.each(words, length))  # is: list[int]
    kept = pai.each(words, length, on_error="keep")[0]
    if not isinstance(kept, int):
        reveal_type(kept["message"])  # is: str
    reveal_type(pai.each(words, lambda word: shout(word), at_once=4))  # is: list[str]
    pai.each([1, 2], length)  # error: arg-type
    reveal_type(pai.repeat(lambda n: numbers.add(n, 1), start, at_most=3))  # is: float
    reveal_type(pai.reduce(words, lambda n, word: numbers.add(n, 1), start))  # is: float
    yes = values.compare(1, "<", 2)
    reveal_type(pai.when(yes, length, shout, "word"))  # is: int | str
    reveal_type(pai.when(yes, length, None, "word"))  # is: int | None
    reveal_type(pai.reduce([1.0], numbers.add, start))  # is: float
    reveal_type(pai.repeat(shout, "a", at_most=3))  # is: str
    pai.repeat(shout, "a")  # error: call-arg
    reveal_type(pai.attempt(length, "word", otherwise=explain))  # is: int | str
    if (failure := pai.attempt(length, "word").error) is not None:
        reveal_type(failure["code"])  # is: str
    reveal_type(pai.merge(pai.when(yes, length, None, "word"), 3))  # is: int
    reveal_type(pai.switch("a", {"a": shout}, "word"))  # is: str
    reveal_type(pai.start(length, "word"))  # is: str
    return {}
