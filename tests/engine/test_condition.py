"""Conditions of breakpoints: what they can say, and that they can say nothing else."""

import pytest

from persistentai_lab.engine.steps.condition import Untold, read_condition
from persistentai_lab.errors import ConditionInvalid

PORTS = frozenset({"n", "rows", "city", "row"})
INPUTS = {"n": 4, "rows": [1, 2, 3], "city": "Ulm", "row": {"mass": None, "id": 7}}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("n > 3", True),
        ("n < 3", False),
        ("1 < n <= 4", True),
        ("n == 4 and not city == 'Bonn'", True),
        ("n == 5 or city in ['Ulm', 'Bonn']", True),
        ("len(rows) >= 4", False),
        ("rows[0] == 1", True),
        ('row["mass"] is None', True),
        ('row["id"] != -7', True),
        ("2 not in rows", False),
        ("rows", True),
    ],
)
def test_a_condition_compares_inputs_with_literals(text: str, holds: bool) -> None:
    assert read_condition(text, PORTS).holds(INPUTS) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n >",
        "n = 3",
        "m > 3",
        "__import__('os').system('true')",
        "city.upper() == 'ULM'",
        "n + 1 > 3",
        "[x for x in rows]",
        "lambda: 1",
        "(n := 3)",
        "f'{n}' == '4'",
        "rows[n] == 1",
        "9 ** 9 ** 9 > n",
        "n > 3; n",
        "'\0' == city",
        "(" * 300 + "n" + ")" * 300,
        "not " * 120 + "n",
        "n == " + "[" * 240 + "]" * 240,
        "n" * 501,
    ],
)
def test_anything_else_is_refused_with_what_can_be_said(text: str) -> None:
    with pytest.raises(ConditionInvalid) as caught:
        read_condition(text, PORTS)

    assert caught.value.remedy.endswith("The inputs are: city, n, row, rows.")


@pytest.mark.parametrize("text", ["n > 'a'", "len(n) > 1", "rows[9] == 1", "row['x'] == 1"])
def test_what_does_not_fit_the_values_is_said(text: str) -> None:
    with pytest.raises(Untold):
        read_condition(text, PORTS).holds(INPUTS)


def test_an_optional_input_that_is_not_there_is_said() -> None:
    with pytest.raises(Untold, match="there is no 'n'"):
        read_condition("n > 3", PORTS).holds({})
