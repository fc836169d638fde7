"""What a file may be called, so that it can lie on any disk and nobody mistakes it for another.

A path has a *folded key* besides: two names that look alike (`Report.txt`, `report.txt`, one with a
Cyrillic `о`) have the same one, and no two files of a version may.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from ...errors import PathRefused

PATH_MAX = 1_024
"""Bytes of a path in UTF-8."""
NAME_MAX = 255
"""Bytes of one name in it, as on most disks."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ALIKE = {
    "a": "аαɑ", "b": "вьβ", "c": "сϲ", "d": "ԁ", "e": "еє", "g": "ɡ", "h": "һн", "i": "іιı",
    "j": "јϳ", "k": "кκ", "l": "ӏ", "m": "м", "n": "η", "o": "оοσօ", "p": "рρ", "q": "ԛ", "r": "г",
    "s": "ѕ", "t": "тτ", "u": "υս", "v": "ѵν", "w": "ԝω", "x": "хχ", "y": "уγү",
}  # fmt: skip
"""Cyrillic, Greek and other letters by the Latin one that they are taken for, in either case."""
_LOOKALIKE = {ord(one): latin for latin, others in _ALIKE.items() for one in others}


def checked(path: str) -> str:
    """The path in its normal form (NFC). Raises `PathRefused`, with all that is wrong."""
    if not path:
        raise PathRefused("A path can't be empty.", remedy="Name a file: `reports/today.txt`.")
    try:
        normal = unicodedata.normalize("NFC", path)
        size = len(normal.encode())
    except UnicodeEncodeError:
        raise PathRefused(
            f"The path {path!a} holds half a character.", remedy="Spell it in valid Unicode."
        ) from None
    wrong = list(_wrong(normal))
    if size > PATH_MAX:
        wrong.append(f"it has {size:,} bytes, more than {PATH_MAX:,}")
    if wrong:
        shown = normal if len(normal) <= 200 else f"{normal[:200]}…"
        raise PathRefused(
            f"{shown!r} can't be the path of a file: {'; '.join(wrong)}.",
            remedy="Write it as `folder/name.txt`, relative to the root of the branch.",
        )
    return normal


def _wrong(path: str) -> Iterator[str]:
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        yield "it is absolute"
    if "\\" in path:
        yield "it has a `\\`; folders are parted by `/`"
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in path):
        yield "it has control characters"
    if _BIDI & set(path):
        yield "it has characters that turn the direction of text around"
    names = path.lstrip("/").split("/")
    if "" in names:
        yield "a name in it is empty"
    for name in filter(None, names):
        yield from _wrong_name(name)


def _wrong_name(name: str) -> Iterator[str]:
    if name in (".", ".."):
        yield f"`{name}` leads elsewhere"
    elif name != name.rstrip(" ."):
        yield f"{name!r} ends with a space or a dot"
    elif name != name.lstrip():
        yield f"{name!r} begins with a space"
    elif _RESERVED.fullmatch(name):
        yield f"{name!r} is reserved on Windows"
    elif any(character in '<>:"|?*' for character in name):
        yield f'{name!r} has one of <>:"|?*, which Windows refuses'
    elif len(name.encode()) > NAME_MAX:
        yield f"a name has more than {NAME_MAX} bytes"


def folded(path: str) -> str:
    """The key under which names that look alike fall together."""
    if path.isascii():
        return path.lower()
    plain = unicodedata.normalize("NFKC", path).casefold().translate(_LOOKALIKE)
    seen = (character for character in plain if unicodedata.category(character) != "Cf")
    return "".join(seen).replace("\ufe0f", "")


def folders(path: str) -> Iterator[str]:
    """The folders that a path lies in, outermost first, each with its slash."""
    at = path.find("/")
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


def apart(paths: Iterable[str]) -> None:
    """Check that these can lie beside each other. Raises `PathRefused`."""
    files: dict[str, str] = {}
    shelves: dict[str, str] = {}
    for path in paths:
        clash(path, files.setdefault(folded(path), path))
        for folder in folders(path):
            clash(path, shelves.setdefault(folded(folder), folder), of=folder)
    for key, path in files.items():
        if (inside := shelves.get(f"{key}/")) is not None:
            in_the_way(path, inside)


def clash(path: str, other: str, *, of: str = "") -> None:
    """Refuse a path whose name, or the folder `of` it, another has that looks the same."""
    mine = of or path
    if mine == other:
        return
    raise PathRefused(
        f"{path!r} can't lie beside {other!r}: the names differ only in case, or look alike.",
        remedy=f"Use the name that is there ({other!r}), or one that can be told apart.",
    )


def in_the_way(file: str, folder: str) -> None:
    """Refuse that one name is a file and a folder."""
    raise PathRefused(
        f"{file!r} can't be a file and a folder at once: there is {folder!r}.",
        remedy="Give one of them another name, or delete it in the same commit.",
    )


def check_folder(folder: str) -> str:
    """A folder as a prefix of paths: "" for the root, else with its slash. Raises `PathRefused`."""
    bare = folder.strip("/")
    return f"{checked(bare)}/" if bare else ""
