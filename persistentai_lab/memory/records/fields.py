"""How a field inside a document is named: `address.city`, or as a JSON Pointer `/address/city`."""

from typing import Annotated

from pydantic import AfterValidator

from ...errors import MemoryRefused


def parts_of(name: str) -> list[str]:
    """The steps that lead to a field. Raises `MemoryRefused`."""
    if name.startswith("/"):
        parts = [part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/")]
    else:
        parts = name.split(".")
    if not all(parts) or any("\0" in part for part in parts):
        raise MemoryRefused(
            f"{name!r} names no field.", remedy="Write `address.city`, or `/address/city`."
        )
    return parts


def pointer(parts: list[str | int]) -> str:
    """A JSON Pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _checked(name: str) -> str:
    parts_of(name)
    return name


def _sort(name: str) -> str:
    parts_of(name.removeprefix("-"))
    return name


FieldName = Annotated[str, AfterValidator(_checked)]
SortKey = Annotated[str, AfterValidator(_sort)]
"""A field to sort by; with a minus, from the highest down."""
