"""Markdown: blocks under their headings, by markdown-it-py, with the lines they stand on."""

from collections.abc import Iterator

from .part import Headings, Part
from .plain import decoded


def read(data: bytes) -> Iterator[Part]:
    """Top-level blocks: paragraphs, lists, tables, code."""
    yield from blocks(decoded(data))


def blocks(text: str) -> Iterator[Part]:
    """Of a text."""
    from markdown_it import MarkdownIt

    lines = text.splitlines()
    headings = Headings()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        if token.level or token.map is None:
            continue
        first, last = token.map
        if token.type == "heading_open" and after is not None:
            headings.enter(int(token.tag[1:]), after.content)
            continue
        body = "\n".join(lines[first:last]).rstrip()
        if body.strip():
            end = first + body.count("\n") + 1
            yield Part(body, "line", first + 1, end, str(headings))
