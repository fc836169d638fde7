"""A value is shown as what it is."""

import pytest
from IPython.utils.capture import capture_output

from persistentai_lab.notebook.show import chart_of, show

CHART = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "bar"}


def test_a_chart_goes_to_the_cell_under_the_media_type_that_draws_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **how: shown.append((what, how)))

    show(CHART)
    show([1, 2])

    (chart, how), (plain, none) = shown
    assert chart[0]["application/vnd.vegalite.v5+json"] == CHART
    assert how == {"raw": True}
    assert (plain, none) == (([1, 2],), {})


@pytest.mark.parametrize(
    "value",
    [
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "https://elsewhere.example/vega.github.io/schema/vega-lite/v5.json"},
        {"$schema": 5},
        {"mark": "bar"},
        "text",
    ],
)
def test_what_is_no_chart_is_none(value: object) -> None:
    assert chart_of(value) == {}


def test_showing_prints_a_value_outside_of_a_cell() -> None:
    with capture_output() as said:
        show({"a": 1})

    assert "{'a': 1}" in said.stdout
