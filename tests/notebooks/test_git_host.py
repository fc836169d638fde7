"""What a Git host shows of our notebooks: no script, no style sheet, only what it lets pass."""

import re
from pathlib import Path

import bleach
import nbformat
import pytest
from nbconvert import HTMLExporter

from persistentai_lab.widgets.mime import FLOW

BOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
TAGS = {
    *("a", "b", "code", "details", "div", "em", "h1", "h2", "img", "li", "p", "pre", "span"),
    *("strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {"*": ["class", "title"], "a": ["href"], "img": ["src", "alt", "width", "height"]}


def rendered(book: nbformat.NotebookNode) -> str:
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(book)
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return bleach.clean(
        bare, tags=TAGS, attributes=ATTRIBUTES, protocols={"https", "data"}, strip=True
    )


def outputs(book: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """What its cells show, by MIME type."""
    found = [output for cell in book.cells for output in cell.get("outputs", [])]
    return [output.data for output in found if "data" in output]


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_every_flow_and_run_is_a_picture_with_words_for_who_cannot_see_it(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    drawn = [data for data in outputs(book) if FLOW in data]

    images = re.findall(r'<img[^>]*\bsrc="data:image/svg\+xml;base64,[^>]*>', rendered(book))

    assert drawn
    assert len(images) == len(drawn)
    assert all(re.search(r'\balt="Flow \w+, \d+ nodes: ', image) for image in images)


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_what_cells_show_needs_no_script_and_no_style_sheet(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    shown = [
        data["text/html"]
        for data in outputs(book)
        if "text/html" in data and 'class="dataframe"' not in data["text/html"]  # pandas' own
    ]

    assert shown
    assert not [html for html in shown if re.search(r"<(script|style|link)\b|\son\w+=", html)]
