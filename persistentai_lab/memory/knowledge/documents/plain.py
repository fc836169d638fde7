"""Plain text: paragraphs are what blank lines part."""

from collections.abc import Iterator

from .part import Part


def decoded(data: bytes) -> str:
    """As text. Raises `ValueError` for what is none."""
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it has NUL bytes, so it is no text")
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def read(data: bytes) -> Iterator[Part]:
    """Paragraphs with their lines."""
    yield from paragraphs(decoded(data).splitlines())


def paragraphs(lines: list[str], start: int = 1, heading: str = "") -> Iterator[Part]:
    """What blank lines part; `start` is the number of the first line."""
    held: list[str] = []
    for number, line in enumerate([*lines, ""], start):
        if line.strip():
            held.append(line)
        elif held:
            yield Part("\n".join(held), "line", number - len(held), number - 1, heading)
            held = []
