"""HTML: what a reader sees, under its headings, by selectolax."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .part import Headings, Part

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_HIDDEN = ("script", "style", "noscript", "template", "svg", "head > *:not(title)")
_BLOCKS = "h1, h2, h3, h4, h5, h6, p, li, pre, blockquote, td, th, dt, dd, figcaption, caption"
_CONCEALED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read(data: bytes) -> Iterator[Part]:
    """Blocks of text, counted as paragraphs. What nobody would see is left out."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(data)
    _drop_hidden(tree)
    headings = Headings()
    number = 0
    for node in tree.css(_BLOCKS):
        if _within_another(node):
            continue
        text = " ".join(node.text(separator=" ").split())
        if not text:
            continue
        number += 1
        if (tag := node.tag or "")[0] == "h" and tag[1:].isdigit():
            headings.enter(int(tag[1:]), text)
            continue
        yield Part(text, "paragraph", number, number, str(headings))
    if number == 0 and tree.body is not None:
        text = " ".join(tree.body.text(separator=" ").split())
        if text:
            yield Part(text, "paragraph", 1, 1)


def _drop_hidden(tree: "LexborHTMLParser") -> None:
    for selector in (*_HIDDEN, "[hidden]", "[aria-hidden=true]"):
        for node in tree.css(selector):
            node.decompose()
    for node in tree.css("[style]"):
        if _CONCEALED.search(node.attributes.get("style") or ""):
            node.decompose()


def _within_another(node: object) -> bool:
    """A paragraph in a list item is told with the item."""
    parent = node.parent  # type: ignore[attr-defined]
    while parent is not None:
        if parent.tag in ("p", "li", "pre", "blockquote", "td", "th", "dd", "figcaption"):
            return True
        parent = parent.parent
    return False
