"""A name of a cell means in the worker what it meant where it was typed, or is refused by name."""

from typing import Any

import pytest

from persistentai_lab.errors import CannotShip
from tests.blocks.typed import PAI, Kernel

F = "@pai.block\ndef f(n: int) -> int:\n    "
"""A block; its body follows."""
CLASS = F + "class A:\n        {}\n    return A.X"

SAME: dict[str, tuple[tuple[str, ...], object]] = {
    "class, after itself": (("X = 5", CLASS.format("X = X")), 5),
    "class, in a tuple": (("X = 5", CLASS.format("X, Y = X, 2")), 5),
    "class, as a loop": (("X = [5]", CLASS.format("for X in X: pass")), 5),
    "class, in a branch": (("X = 5", CLASS.format("if X: X = X")), 5),
    "class, in either branch": (("X = 5", CLASS.format("try: X = X\n        finally: pass")), 5),
    "class, added to": (("X = 5", CLASS.format("X += 1")), 6),
    "class, by a walrus": (("X = 5", CLASS.format("Y = (X := X + 1)")), 6),
    "class, in a comprehension": (("X = 5", CLASS.format("X = [X for _ in '1'][0]")), 5),
    "class, in a class": (
        ("X = 5", F + "class A:\n        class B:\n            X = X\n    return A.B.X"),
        5,
    ),
    "class, after a match": (
        ("X = [5]", CLASS.format("match X:\n            case [X]: pass")),
        5,
    ),
    "class, as a default of its own method": (
        ("X = 5", F + "class A:\n        def X(self, x=X): return x\n    return A().X()"),
        5,
    ),
    "class, as a decorator of its own method": (
        (
            "def keep(g): return g",
            "class A:\n    @keep\n    def keep(self): return 7",
            F + "return A().keep()",
        ),
        7,
    ),
    "class, its own is not the outer one": (
        ("X = object()", "class A:\n    X = 1\n    Y = X + 1", F + "return A.Y"),
        2,
    ),
    "class, what a loop in it leaves": (
        ("class A:\n    for i in range(3): pass\n    X = i", F + "return A.X"),
        2,
    ),
    "class with a property that can be set": (
        (
            "class A:\n    @property\n    def x(self): return self._x\n"
            "    @x.setter\n    def x(self, x): self._x = x",
            F + "a = A()\n    a.x = n\n    return a.x",
        ),
        1,
    ),
    "class with a method in several types": (
        (
            "from typing import overload",
            "class A:\n    @overload\n    def g(self, x: int) -> int: ...\n"
            "    @overload\n    def g(self, x: str) -> str: ...\n    def g(self, x): return x",
            F + "return A().g(n)",
        ),
        1,
    ),
    "NamedTuple whose annotations are text": (
        (
            "from __future__ import annotations\nfrom typing import NamedTuple\n"
            "class P(NamedTuple):\n    x: Nowhere = 3",
            F + "return P().x",
        ),
        3,
    ),
    "dataclass whose annotations are text": (
        (
            "from __future__ import annotations\nfrom dataclasses import dataclass, fields\n"
            "from typing import ClassVar\n"
            "@dataclass\nclass P:\n    k: ClassVar[int] = 4\n    x: Later = 1",
            "class Later: pass",
            F + "return len(fields(P))",
        ),
        1,
    ),
    "walrus in a comprehension": (("X = 5", F + "[y := X + i for i in [1]]\n    return y"), 6),
    "comprehension over its own name": (("X = [1, 2]", F + "return sum(X for X in X)"), 3),
    "lambda with a default of its name": (("X = 5", F + "return (lambda X=X: X)()"), 5),
    "local of one function, global of another": (
        ("X = 5", F + "def h():\n        X = 1\n        return X\n    return h() + X"),
        6,
    ),
    "local of a function around a class": (
        ("k = 9", F + "k = 3\n    class A:\n        k = 7\n        def v(self): return k\n"
         "    return A().v()"),
        3,
    ),
    "closure, another name of an inner function": (
        (
            "def make(k):\n    def inner(n): return n * k\n    i = inner\n"
            "    def g(n): return i(n) + 1\n    return g\nh = make(4)",
            F + "return h(2)",
        ),
        9,
    ),
    "closure, a global of the name of a closed-over value": (
        (
            "K = 100\ndef make(K):\n    def g(n): return n * K + other()\n    return g\n"
            "def other(): return K\nh = make(4)",
            F + "return h(2)",
        ),
        108,
    ),
    "cache around a function of another name": (
        ("import functools\ndef g(n): return n\nquick = functools.cache(g)", F + "return quick(2)"),
        2,
    ),
    "class called as a list of IPython's": (("class In:\n    x = 1", F + "return In.x"), 1),
    "default that was given the same value again": (
        ("K = 1.5", "def g(a=K): return a", "K = 3 / 2", F + "return int(g() * 2)"),
        3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_a_name_means_the_same_in_the_worker(case: str) -> None:
    cells, expected = SAME[case]
    kernel = Kernel(PAI, *cells)

    assert kernel["f"].func(1) == expected, "in the notebook"
    assert kernel.shipped("f").func(1) == expected, "in the worker"


REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "default of a helper": (
        ("K = 1", "def g(a=K): return a", "K = 2", F + "return g()"),
        "global_redefined",
        "Run the cell that defines 'g' again.",
    ),
    "default by keyword": (
        ("K = 1", "def g(*, a=K): return a", "K = True", F + "return g()"),
        "global_redefined",
        "'g' (needed by 'f') was defined with what 'K' was before",
    ),
    "default of the block itself": (
        ("K = 1", "@pai.block\ndef f(n: int = K) -> int:\n    return n", "K = 2"),
        "global_redefined",
        "'f' was defined with what 'K' was before",
    ),
    "attribute of a class": (
        ("K = 1", "class A:\n    x = K", "K = 2", F + "return A.x"), "global_redefined", "'K'",
    ),
    "default of a dataclass": (
        (
            "from dataclasses import dataclass\nK = 1",
            "@dataclass\nclass A:\n    x: int = K", "K = 2", F + "return A().x",
        ),
        "global_redefined", "'K'",
    ),
    "base of a class": (
        (
            "class B:\n    x = 1", "class A(B): pass", "class B:\n    x = 2", F + "return A.x",
        ),
        "global_redefined", "'B'",
    ),
    "one inner function with two closures": (
        (
            "def make(k, more=None):\n    def inner(n): return n * k + (more(n) if more else 0)\n"
            "    return inner\nh = make(4, make(5))",
            F + "return h(2)",
        ),
        "two_definitions", "'inner'",
    ),
    "closures of two makers with one name": (
        (
            "def one(k):\n    def inner(n): return n * k\n    return inner",
            "def two(k):\n    i = one(k + 1)\n    def g(n): return i(n) + k\n    return g\n"
            "h = two(4)",
            F + "return h(2)",
        ),
        "two_definitions", "'k'",
    ),
    "closure with the name of a global that another one means": (
        (
            "K = 100\ndef one():\n    def inner(n): return n * K\n    return inner",
            "def two(i, K):\n    def g(n): return i(n) + K\n    return g\nh = two(one(), 1)",
            F + "return h(2)",
        ),
        "two_definitions", "'K'",
    ),
    "closure that remembers": (
        (
            "def make():\n    c = 0\n    def g():\n        nonlocal c\n        c += 1\n"
            "        return c\n    return g\nh = make()",
            F + "return h()",
        ),
        "global_assigned", "'c' of the function that made it",
    ),
    "closure made elsewhere": (
        (
            "if True:\n    def one(k):\n        def inner(n): return n * k\n        return inner",
            "def two(i):\n    def g(n): return i(n)\n    return g\nh = two(one(3))",
            F + "return h(2)",
        ),
        "made_elsewhere", "'i'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_mean_something_else_is_refused_by_name(case: str) -> None:
    cells, code, words = REFUSED[case]

    with pytest.raises(CannotShip) as caught:
        Kernel(PAI, *cells).text("f")

    told: dict[str, Any] = {it.code: f"{it.message} {it.remedy}" for it in caught.value.problems}
    assert words in told[code]
