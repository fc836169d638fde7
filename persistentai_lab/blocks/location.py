"""Where a path that was given to a block leads, and how the text there is read."""

import os
import stat
from importlib import resources
from pathlib import Path

from ..errors import NodeError

PACKAGED = "pai:"
"""Scheme of the data that ships with the package: `pai:penguins.csv`."""

FOLDER_VARIABLE = "PERSISTENTAI_FILES"
"""Environment variable that names the folder of relative paths; without it, the worker's own."""

MIB = 1024 * 1024
LARGEST = 256 * MIB
"""Bytes: a larger file would take the worker's memory from every other run."""

_PACKAGE = "persistentai_lab.examples"


def read_text(path: str, encoding: str = "utf-8") -> str:
    """Read a text file, wherever it is, or fail with what to do about it.

    A relative path starts at the folder named by `PERSISTENTAI_FILES`; `pai:NAME` is a file that
    ships with the package. A byte order mark is dropped and line ends are left as they are.
    """
    data = read_bytes(path)
    try:
        text = data.decode(encoding)
    except LookupError:
        raise NodeError(f"No encoding is called {encoding!r}.", remedy="Try 'utf-8'.") from None
    except UnicodeDecodeError as problem:
        raise NodeError(
            f"{path!r} is no {encoding} text: byte {problem.start} is 0x{data[problem.start]:02x}.",
            remedy="Set `encoding`: files from Windows are often 'cp1252', old ones 'latin-1'.",
        ) from None
    return text.removeprefix("\ufeff")


def read_bytes(path: str) -> bytes:
    """Read a file as it is, wherever it is; see `read_text`."""
    return _read_packaged(path) if path.startswith(PACKAGED) else _read_file(path)


def packaged_names() -> list[str]:
    """Names of the data files that ship with the package."""
    folder = resources.files(_PACKAGE) / "data"
    return sorted(file.name for file in folder.iterdir() if not file.name.endswith(".md"))


def _read_packaged(path: str) -> bytes:
    name = path.removeprefix(PACKAGED)
    names = packaged_names()
    if name not in names:
        raise NodeError(
            f"No data called {name!r} ships with the package.",
            remedy="There is: " + ", ".join(PACKAGED + known for known in names) + ".",
        )
    return (resources.files(_PACKAGE) / "data" / name).read_bytes()


def _read_file(path: str) -> bytes:
    place = Path(os.environ.get(FOLDER_VARIABLE, "."), Path(path).expanduser()).absolute()
    try:
        _check_file(place)
        return place.read_bytes()
    except FileNotFoundError:
        raise NodeError(f"There is no file {str(place)!r}.", remedy=_where_else(path)) from None
    except PermissionError:
        raise NodeError(
            f"The worker may not read {str(place)!r}.",
            remedy="Give the user that runs the worker the right to read it.",
        ) from None
    except (OSError, ValueError) as problem:
        raise NodeError(f"Cannot read {str(place)!r}: {problem}.") from problem


def _check_file(place: Path) -> None:
    found = place.stat()
    if stat.S_ISDIR(found.st_mode):
        raise NodeError(f"{str(place)!r} is a folder.", remedy="Name a file in it.")
    if not stat.S_ISREG(found.st_mode):  # a device or a pipe may never end
        raise NodeError(f"{str(place)!r} is no ordinary file.", remedy="Copy it to one.")
    if found.st_size > LARGEST:
        raise NodeError(
            f"{str(place)!r} has {found.st_size // MIB} MiB; {LARGEST // MIB} are read at most.",
            remedy="Split the file, or read it in a block of your own.",
        )


def _where_else(path: str) -> str:
    if path in packaged_names():
        return f"Data that ships with the package is read as {PACKAGED + path!r}."
    if Path(path).expanduser().is_absolute():
        return "The path is looked up on the machine of the worker, not of the browser."
    return f"Give the whole path, or set {FOLDER_VARIABLE} to the folder that paths start from."
