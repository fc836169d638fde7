"""A name for files and addresses."""

import re
from typing import Annotated
from unicodedata import normalize

from pydantic import Field

from persistentai_lab.blocks import Example, block


@block(
    title="Slug",
    effect="pure",
    examples=(Example(inputs={"text": "Größe & Façade, Nr. 7"}, output="grosse-facade-nr-7"),),
)
def slug(text: str, *, longest: Annotated[int, Field(ge=1)] = 80) -> str:
    """Make a name of a text that file names and web addresses can hold: a-z, 0-9 and hyphens.

    Args:
        text: Any text. Letters lose their accents; those that no Latin letter is meant by are left
            out.
        longest: Most characters of the name.

    Returns:
        The name; empty if nothing is left of the text.
    """
    plain = normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].rstrip("-")
