"""What a function of a cell needs comes along with it, and makes the same function again."""

import asyncio
import importlib
import linecache
import math
import re
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.cell_source import CellSource
from persistentai_lab.blocks.constants import ConstantWriter
from persistentai_lab.blocks.source import load_source
from persistentai_lab.errors import BlockUnavailable, CannotShip
from tests.blocks.typed import PAI, Kernel

F = "@pai.block\ndef f(n: int) -> int:\n"
"""A block; its body follows, indented."""


def shipped(*cells: str, name: str = "f") -> Any:
    """The function of a block as a worker has it."""
    return Kernel(PAI, *cells).shipped(name).func


def refused(*cells: str, name: str = "f") -> dict[str, str]:
    """Messages and remedies by code."""
    with pytest.raises(CannotShip) as caught:
        Kernel(PAI, *cells).text(name)
    return {it.code: f"{it.message} {it.remedy}" for it in caught.value.problems}


# --- what comes along -----------------------------------------------------------------------------


SHIPPED = {
    "helpers that call each other": (
        ["def a(n): return b(n - 1) if n else 0", "def b(n): return a(n - 1) if n else 1"],
        "return a(n)",
        1,
    ),
    "constants in a nested function, a lambda and a comprehension": (
        ["D = [1, 2]; K = 1"],
        "def inner(y): return [z * y for z in D if (lambda q: q > K)(z)]\n    return sum(inner(n))",
        6,
    ),
    "a name defined after the function": ([F + "    return LATE", "LATE = 5"], None, 5),
    "an import by another name": (["import math as m"], "return m.floor(2.5)", 2),
    "a module inside a package": (
        ["import xml.etree.ElementTree"],
        "return len(xml.etree.ElementTree.fromstring('<a/>'))",
        0,
    ),
    "a module inside a package that another import brought": (
        ["import xml.dom as dom", "import xml.dom.minidom"],
        "return callable(dom.minidom.parseString)",
        True,
    ),
    "an object that does not know where it is from": (
        ["from os import environ as env"],
        "return 'HOME' in env or True",
        True,
    ),
    "all names of a module": (["from math import *"], "return floor(pi)", 3),
    "an import that failed and has a stand-in": (
        ["try:\n    import nothing_at_all\nexcept ImportError:\n    nothing_at_all = None"],
        "return nothing_at_all is None",
        True,
    ),
    "an Enum, a NamedTuple and an exception, with values of them": (
        [
            "import enum\nfrom typing import NamedTuple",
            "class Colour(enum.Enum):\n    RED = 1\n    BLUE = 2",
            "class Point(NamedTuple):\n    x: int\n    y: int = 2",
            "class Oops(Exception):\n    pass",
            "BEST = Colour.BLUE\nORIGIN = Point(1)\nWORDS = {Colour.RED: 'red'}",
        ],
        "try:\n        raise Oops\n"
        "    except Oops:\n        return BEST.value + ORIGIN.y + len(WORDS[Colour.RED])",
        7,
    ),
    "settings as a dataclass and as a model": (
        [
            "from dataclasses import dataclass\nfrom pydantic import BaseModel",
            "@dataclass(frozen=True)\nclass Limits:\n    low: int\n    high: int = 9",
            "class Settings(BaseModel):\n    name: str = 'x'\n    size: int",
            "LIMITS = Limits(1)\nSETTINGS = Settings(size=3)",
        ],
        "return LIMITS.low + SETTINGS.size + len(SETTINGS.model_fields_set)",
        5,
    ),
    "models that name each other": (
        [
            "from pydantic import BaseModel\n"
            "class A(BaseModel):\n    b: 'B | None' = None\n"
            "class B(BaseModel):\n    a: A | None = None"
        ],
        "return len(A().model_dump()) + len(B(a=A(b=B())).model_dump())",
        2,
    ),
    "a class with a parent, a property and what `super` finds": (
        [
            "import abc\nclass Base(abc.ABC):\n    @property\n    def a(self): return 1\n"
            "    @classmethod\n    def c(cls): return 2",
            "class Child(Base):\n    @property\n    def a(self): return super().a + 10",
        ],
        "return Child().a + Child.c()",
        13,
    ),
    "a class that takes an outer name over": (
        ["LIMIT = 3", "class A:\n    LIMIT = LIMIT\n    def m(self): return self.LIMIT"],
        "return A().m()",
        3,
    ),
    "classes made by a call": (
        [
            "from collections import namedtuple\nfrom enum import Enum",
            "Pair = namedtuple('Pair', 'x y')\nKind = Enum('Kind', 'A B')",
        ],
        "return Pair(1, 2).x + Kind.B.value",
        3,
    ),
    "another block, called as a function": (
        ["@pai.block\ndef one(n: int) -> int: return n + 1"],
        "return one(n)",
        4,
    ),
    "a flow, called as a function": (
        [
            "@pai.block\ndef one(n: int) -> int: return n + 1",
            "@pai.flow\ndef both(n: int) -> int: return one(one(n))",
        ],
        "return both(n)",
        5,
    ),
    "a lambda with a name": (["triple = lambda x: x * 3"], "return triple(n)", 9),
    "a second name of a function": (["def g(x): return x\nh = g"], "return h(n)", 3),
    "what functools makes of functions": (
        [
            "from functools import lru_cache, partial, singledispatch",
            "def add(a, b): return a + b\ninc = partial(add, 1)",
            "@lru_cache\ndef slow(x): return x",
            "@singledispatch\ndef kind(x): return 0\n\n@kind.register\ndef _(x: int): return 100",
        ],
        "return inc(n) + slow(n) + kind(n)",
        107,
    ),
    "decorators of one's own, that wrap politely or not": (
        [
            "from functools import wraps",
            "def rude(g):\n    def w(*a): return g(*a) + 100\n    return w",
            "def polite(g):\n    @wraps(g)\n    def w(*a): return g(*a) + 1000\n    return w",
            "@rude\ndef h(x): return x",
            "@polite\ndef k(x): return x",
        ],
        "return h(n) + k(n)",
        1106,
    ),
    "a function that a function made": (
        ["def adder(k):\n    def add(x): return x + k\n    return add\nadd5 = adder(5)"],
        "return add5(n)",
        8,
    ),
    "functions, modules and types inside constants": (
        [
            "import json\ndef g(x): return x",
            "OPS = {'neg': abs, 'own': g, 'j': json, 't': list[int]}",
        ],
        "return OPS['neg'](-n) + OPS['own'](n) + OPS['j'].loads('1')",
        7,
    ),
    "a logger": (
        ["import logging\nlog = logging.getLogger('mine')"],
        "return len(log.name)",
        4,
    ),
    "weights in an array": (
        ["import numpy\nW = numpy.array([[0.1, numpy.nan], [2, 3]], 'f4')"],
        "return int(W[1].sum()) + W.shape[1]",
        7,
    ),
    "what every module has": (
        ["import logging\nlog = logging.getLogger(__name__)\ndef who(): return __name__"],
        "return who() and log.name",
        "__main__",
    ),
    "a dict that is a cache": (
        ["CACHE = {}"],
        "CACHE.setdefault(n, n)\n    CACHE[n] = n\n    return CACHE[n]",
        3,
    ),
    "scalars that a column gave": (
        [
            "import numpy, pandas",
            "MEAN = numpy.float32(1.5); KIND = numpy.dtype('f4')",
            "DAY = pandas.Timestamp('2020-01-02')",
        ],
        "return int(MEAN * 2) + DAY.day + KIND.itemsize",
        9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHIPPED)
def test_what_a_function_needs_comes_along(case: str) -> None:
    cells, body, expected = SHIPPED[case]
    if body is not None:
        cells = [*cells, f"{F}    {body}"]

    assert shipped(*cells)(3) == expected


def test_annotations_that_are_text_find_their_types() -> None:
    kernel = Kernel(
        PAI,
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass A:\n    x: int\n    b: B | None = None\n"
        "@dataclass\nclass B:\n    y: int\n"
        "@pai.block\ndef f(a: A) -> int:\n    return a.x",
    )

    block = kernel.shipped("f")

    assert block.signature == kernel["f"].signature
    assert kernel.text("f").startswith("from __future__ import annotations\n")


def test_types_with_names_of_their_own_come_along() -> None:
    kernel = Kernel(
        PAI,
        "from typing import Annotated, Literal, Optional, TypeVar\nfrom pydantic import Field",
        "T = TypeVar('T')\nPositive = Annotated[int, Field(gt=0)]\nMode = Literal['a', 'b']\n"
        "Rows = list[dict[str, int]]\nMaybe = Optional[int]",
        "def same(x: T) -> T: return x",
        "@pai.block\n"
        "def f(n: Positive, m: Mode = 'a', r: Rows = [], q: Maybe = None, t: int | None = None)"
        " -> int:\n    return same(n)",
    )

    assert kernel.shipped("f").signature == kernel["f"].signature


def test_a_block_that_a_function_made_keeps_its_values_and_its_name() -> None:
    kernel = Kernel(
        PAI,
        "BASE = 1",
        """
        def make(k):
            def times(x):
                return x * k

            @pai.block
            def scale(n: int, by: int = k) -> int:
                return times(n) * by + BASE

            return scale
        """,
        "triple = make(3)",
    )

    block = kernel.shipped("triple")

    assert block.name == "cell:make.<locals>.scale"
    assert block.func(2) == 2 * 3 * 3 + 1
    assert block.func(2, by=1) == 2 * 3 + 1


def test_a_block_may_be_made_of_a_plain_function() -> None:
    plain = "def f(n: int) -> int:\n    return n + 1\n"

    assert shipped(f"{plain}f = pai.block(f)")(1) == 2
    assert shipped(f"{plain}g = pai.block(f)", name="g")(1) == 2


def test_a_function_under_a_magic_that_runs_python_is_found() -> None:
    kernel = Kernel(PAI)
    body = "def helper(x):\n    return x + 1\n"
    kernel.names["get_ipython"] = lambda: SimpleNamespace(
        run_cell_magic=lambda name, line, body: exec(
            compile(body, "<timed exec>", "exec"), kernel.names
        )
    )

    kernel.run(f"get_ipython().run_cell_magic('time', '', {body!r})")
    kernel.run(F + "    return helper(n)")

    assert kernel.shipped("f").func(1) == 2


def test_a_block_may_have_other_decorators_below() -> None:
    kernel = Kernel(PAI, "import functools\nONE = 1")
    kernel.run("@pai.block\n@functools.lru_cache\ndef f(n: int) -> int:\n    return n + ONE")

    assert kernel.shipped("f").func(1) == 2


def test_a_block_may_be_async_or_have_a_name_of_its_own() -> None:
    kernel = Kernel(
        PAI, "@pai.block(name='mine', effect='pure')\nasync def f(n: int) -> int:\n    return n"
    )

    block = kernel.shipped("f")

    assert block.name == "cell:mine"
    assert asyncio.run(block.func(2)) == 2


def test_text_begins_with_imports_and_ends_with_the_block_as_it_was_typed() -> None:
    kernel = Kernel(
        "import persistentai_lab as pai\nimport math, json",
        "unused = 1\nLIMIT = 3",
        "def helper(x):\n    # why\n    return x + LIMIT",
        "import os\n\n@pai.block\ndef f(n: int) -> int:\n    '''Help.'''\n\n    return helper(n)",
    )

    assert kernel.text("f") == (
        "import persistentai_lab as pai\n\n\n"
        "LIMIT = 3\n\n\n"
        "def helper(x):\n    # why\n    return x + LIMIT\n\n\n"
        "@pai.block\ndef f(n: int) -> int:\n    '''Help.'''\n\n    return helper(n)\n"
    )


def test_the_same_function_gives_the_same_text_in_whatever_cells_it_stands() -> None:
    one = Kernel(PAI + "X = {3, 1, 2}\nimport math", F + "    return math.floor(n) + len(X)")
    other = Kernel(
        "import math\n\n\nX = {1, 2, 3}\n\n" + PAI + F + "    return math.floor(n) + len(X)"
    )

    assert one.text("f") == other.text("f")


def test_the_newest_class_of_a_name_is_the_one_that_is_shipped() -> None:
    cells = [f"class A:\n    size = {n}\n    name: str = 'x'" for n in (1, 2, 3)]
    kernel = Kernel(PAI, *cells, F + "    return A.size")
    kernel.run(cells[1])  # run again: what stands above is newer now

    assert kernel.shipped("f").func(0) == 2


def test_lines_of_a_traceback_are_those_of_the_function() -> None:
    kernel = Kernel(PAI, "\n\ndef share(n):\n    return 1 / n", F + "    return share(n)")

    with pytest.raises(ZeroDivisionError) as caught:
        kernel.shipped("f").func(0)

    helper = caught.traceback[-1]
    assert str(helper.frame.code.raw.co_filename) == "<cell:share>"
    assert helper.lineno + 1 == 2
    assert linecache.getline("<cell:share>", 2) == "    return 1 / n\n"


def test_lines_are_right_again_when_an_older_version_is_used_again() -> None:
    kernel = Kernel(PAI, F + "    return 1  # old")
    old = kernel.text("f")
    kernel.run(F + "    return 2  # new")
    load_source("cell", kernel.text("f"))

    load_source("cell", old)

    assert "old" in linecache.getline("<cell:f>", 3)


def test_a_package_that_is_missing_here_is_named() -> None:
    text = "import no_such_package\n\n\ndef f(): pass\n"

    with pytest.raises(BlockUnavailable, match="no_such_package"):
        load_source("cell", text)


# --- constants ------------------------------------------------------------------------------------

ZONES = [None, UTC, timezone(-timedelta(hours=2)), ZoneInfo("UTC")]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.dates(),
    st.complex_numbers(), st.decimals(allow_nan=False), st.fractions(), st.uuids(), st.times(),
    st.datetimes(timezones=st.sampled_from(ZONES)),
    st.timedeltas(), st.integers(-9, 9).map(range),
)  # fmt: skip
KEYS = st.one_of(st.integers(), st.text(), st.dates(), st.tuples(st.integers(), st.text()))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner), st.tuples(inner, inner), st.dictionaries(KEYS, inner),
        st.sets(KEYS), st.frozensets(KEYS), st.lists(inner).map(deque),
        st.dictionaries(KEYS, inner).map(OrderedDict),
    ),
    max_leaves=12,
)  # fmt: skip


def written(value: object) -> tuple[str, object]:
    """The text of a value, and what it gives."""
    names: dict[str, Any] = {}

    def module(name: str) -> str:
        names[f"_{name}"] = importlib.import_module(name)
        return f"_{name}"

    writer = ConstantWriter(lambda thing: getattr(thing, "__name__", None), module)
    text = writer.write(value)
    return text, eval(text, names)


@given(VALUES)
def test_a_constant_that_is_written_and_read_is_the_same(value: object) -> None:
    text, again = written(value)

    assert written(again)[0] == text, "which tells 0.0 from -0.0, and a NaN from nothing"
    assert again == value or "nan" in text.lower()
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        Decimal("NaN"), Path("a/b"), re.compile(r"a\n", re.I), re.compile(b"x"), UUID(int=7),
        Counter("aab"), defaultdict(list, a=[1]), deque([1], maxlen=2), 10**5000, "\ud800", ...,
        Fraction(1, 3), date(2026, 11, 23), time(1, tzinfo=UTC), datetime(2026, 1, 1, fold=1),
        list[int], dict[str, list[int | None]], complex(-0.0, -0.0),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_constant_of_any_of_these_kinds_is_the_same(value: object) -> None:
    _, again = written(value)

    assert again == value or (isinstance(again, Decimal) and again.is_nan())


def test_infinite_and_undefined_numbers_are_written() -> None:
    text, again = written([math.inf, -math.inf, math.nan])

    assert text == '[float("inf"), float("-inf"), float("nan")]'
    assert math.isnan(again[2])  # type: ignore[index]


def test_sets_are_written_in_one_order() -> None:
    assert written({"b", "a", "c"})[0] == written({"c", "b", "a"})[0] == "{'a', 'b', 'c'}"


# --- what is refused ------------------------------------------------------------------------------

REFUSED = {
    "an open file": (["h = open('/etc/hostname')"], "h.read()", "open_file", "'h', an open file"),
    "a file that a helper uses": (
        ["h = open('/etc/hostname')\ndef helper():\n    return h.read()"],
        "helper()",
        "open_file",
        "'helper' (needed by 'f') uses 'h'",
    ),
    "a database connection": (
        ["import sqlite3\ncon = sqlite3.connect(':memory:')"],
        "con.execute('')",
        "open_connection",
        "sqlite3.Connection",
    ),
    "a connection among settings": (
        ["import sqlite3\nS = {'n': 1, 'db': sqlite3.connect(':memory:')}"],
        "S['n']",
        "open_connection",
        "S['db']",
    ),
    "a socket": (["import socket\ns = socket.socket()"], "s", "open_connection", "an open socket"),
    "a lock": (["import threading\nl = threading.Lock()"], "l", "live_object", "'l', a lock"),
    "a thread": (["import threading\nt = threading.Thread()"], "t", "live_object", "a thread"),
    "a generator": (["g = (x for x in [1])"], "g", "live_object", "generator"),
    "a method of an object": (
        ["class A:\n    def m(self): return 1\nm = A().m"],
        "m()",
        "live_object",
        "bound to an object of A",
    ),
    "an object": (["class A: pass\na = A()"], "a", "foreign_object", "an object of A"),
    "a table": (
        ["import pandas\ndf = pandas.DataFrame({'a': range(10**6)})"],
        "len(df)",
        "large_global",
        "a DataFrame of 1,000,000 × 1 (8 MB). Make it an input",
    ),
    "a table among settings": (
        [
            "import pandas\nfrom dataclasses import dataclass",
            "@dataclass\nclass Settings:\n    size: int\n    df: object",
            "SETTINGS = Settings(1, pandas.DataFrame({'a': [1]}))",
        ],
        "SETTINGS.size",
        "large_global",
        "'SETTINGS.df', a DataFrame of 1 × 1",
    ),
    "an array": (
        ["import numpy\narr = numpy.zeros((1000, 3))"],
        "len(arr)",
        "large_global",
        "1,000 × 3 (24 kB)",
    ),
    "a long list": (["big = list(range(10**5))"], "big", "large_global", "100,000 items"),
    "a long text": (["txt = 'x' * 10**6"], "txt", "large_global", "1,000,000 characters"),
    "a list that contains itself": (["x = []\nx.append(x)"], "x", "foreign_object", "x[0]"),
    "a global that it assigns": ([], "1\n    global y\n    y = 1", "global_assigned", "'y'"),
    "a list that it appends to": (
        ["seen = []"], "1\n    seen.append(n)", "global_changed", "'seen'",
    ),
    "a counter that it counts up": (
        ["C = {'a': 0}"], "1\n    C['a'] += 1", "global_changed", "the dict 'C'",
    ),
    "a magic": ([], "get_ipython().run_line_magic('timeit', 'x')", "needs_notebook", "%timeit"),
    "a shell command": ([], "get_ipython().system('ls')", "needs_notebook", "!ls"),
    "a question to the person at the keyboard": ([], "input('n?')", "needs_notebook", "'input'"),
    "a breakpoint": ([], "breakpoint()", "needs_notebook", "'breakpoint'"),
    "IPython's display": (
        ["from IPython.display import display"], "display(n)", "needs_notebook", "'display'",
    ),
    "an undefined name": ([], "rows_of_another_notebook", "undefined_name", "Run the cell that"),
    "a function without source": (
        ["exec('def g(x): return x')"], "g(n)", "no_source", "uses 'g', without source",
    ),
    "a lambda without a name": (
        ["OPS = {'a': lambda x: x}"], "OPS['a'](n)", "nameless_lambda", "OPS['a']",
    ),
    "a class that is gone": (
        ["exec('class Gone: pass')"], "Gone()", "class_not_found", "the class 'Gone'",
    ),
    "a module that is no file": (
        ["import types\nfake = types.ModuleType('fake')"], "fake.x", "not_importable", "'fake'",
    ),
    "two functions of one name": (
        ["def g(x): return 1\nold = g", "def g(x): return 2"], "g(1) + old(1)", "two_definitions",
        "'g'",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_come_along_is_refused_by_name_with_a_remedy(case: str) -> None:
    cells, body, code, words = REFUSED[case]

    told = refused(*cells, f"{F}    return {body}")

    assert words in told[code]


def test_everything_is_refused_at_once() -> None:
    told = refused("big = 'x' * 10**6", F + "    global y\n    y = big\n    return nowhere")

    assert set(told) == {"large_global", "global_assigned", "undefined_name"}


def test_a_block_without_source_and_one_inside_a_class_are_refused() -> None:
    text = "import persistentai_lab as pai\n@pai.block\ndef f(n: int) -> int: return n"

    assert "'f' has no source" in refused(f"exec({text!r})")["no_source"]
    inside = "class K:\n    @pai.block\n    def f(n: int) -> int: return n\nf = K.f"
    assert "inside_class" in refused(inside)


def test_a_block_that_closes_over_an_open_file_is_refused() -> None:
    told = refused(
        "import io\ndef make(h):\n"
        "    @pai.block\n    def f(n: int) -> int:\n        return len(h.read())\n"
        "    return f\nf = make(io.StringIO())"
    )

    assert "'h', an open file" in told["open_file"]


# --- defined anew ---------------------------------------------------------------------------------


def test_what_is_sent_is_what_is_defined_when_it_is_sent() -> None:
    kernel = Kernel(PAI, F + "    return 1")
    drawn = kernel["f"]

    kernel.run(F + "    return 2")
    text, signature = CellSource((drawn,)).pinned(drawn.signature)

    assert load_source("cell", text)["cell:f"].func(0) == 2
    assert signature == kernel["f"].signature


def test_a_block_with_other_ports_no_longer_fits_what_was_drawn() -> None:
    kernel = Kernel(PAI, F + "    return 1")
    drawn = kernel["f"]
    kernel.run("@pai.block\ndef f(n: int, m: int) -> int:\n    return 2")

    with pytest.raises(CannotShip) as caught:
        CellSource((drawn,)).pinned(drawn.signature)

    assert [it.code for it in caught.value.problems] == ["block_redefined"]


def test_a_block_whose_name_means_something_else_now_is_sent_as_it_was_drawn() -> None:
    kernel = Kernel(PAI, F + "    return 1")
    drawn = kernel["f"]
    kernel.run("f = None")

    text, _ = CellSource((drawn,)).pinned(drawn.signature)

    assert load_source("cell", text)["cell:f"].func(0) == 1
