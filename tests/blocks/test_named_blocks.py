"""Messages that name a block as the remedy name one that exists."""

import re
from pathlib import Path

import persistentai_lab
from persistentai_lab.blocks import catalogue

PACKAGE = Path(persistentai_lab.__file__).parent
NAME = re.compile(r"`([a-z]+\.[a-z_]+)`")


def test_every_block_that_is_recommended_exists() -> None:
    families = {name.partition(".")[0] for name in catalogue()}
    texts = [*PACKAGE.glob("flow/**/*.py"), *PACKAGE.glob("blocks/**/*.py")]

    named = {name for text in texts for name in NAME.findall(text.read_text(encoding="utf-8"))}
    recommended = {name for name in named if name.partition(".")[0] in families}

    assert {"values.cast", "text.template", "lists.of"} <= recommended
    assert recommended <= catalogue().keys()
