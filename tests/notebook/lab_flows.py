"""Flows that the tests run for real: all that a value can be, and what can go wrong."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

import persistentai_lab as pai
from persistentai_lab.blocks import LENT, Context, lists, text


@pai.block
def frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"n": range(n), "name": [f"<b>{i}</b>" for i in range(n)]})


@pai.block
def array(n: int) -> np.ndarray:
    return np.arange(n, dtype="float32")


@pai.block
def picture() -> Image.Image:
    return Image.new("RGB", (12, 8), "red")


@pai.block
def book(lines: int) -> str:
    return "\n".join(f"line {i} costs $1 or $2" for i in range(lines))


@pai.block
def tree() -> dict[str, Any]:
    return {"a": {"b": [1, 2, {"c": None}]}, "<d>": "x" * 500}


@pai.block
def raw() -> bytes:
    return b"\x00\x01" * 5000


@pai.block
def zoo(
    frame: pd.DataFrame, array: np.ndarray, picture: Image.Image, book: str, tree: Any, raw: bytes
) -> int:
    return len(frame) + len(array) + picture.size[0] + len(book) + len(tree) + len(raw)


@pai.flow
def everything(n: int = 344) -> int:
    return zoo(frame(n), array(n), picture(), book(100_000), tree(), raw())


@pai.block
def divide(n: int, by: int) -> float:
    share = n / by
    return share


@pai.flow
def broken(n: int = 1) -> float:
    return divide(n, 0)


@pai.flow
def shares(n: int, by: int) -> float:
    return divide(n, by)


@pai.block
def slow(word: str, seconds: float, *, ctx: Context = LENT) -> str:
    ctx.log(f"sleeping for {seconds} s")
    for part in range(10):
        ctx.progress(part, 10)
        time.sleep(seconds / 10)
    return word


@pai.flow
def patient(word: str = "done", seconds: float = 1.0) -> str:
    return text.join(lists.of(slow(word, seconds), "!"), separator="")


@pai.block
def stays(word: str, path: str, *, ctx: Context = LENT) -> str:
    ctx.progress(0, 1)
    while not Path(path).exists():
        time.sleep(0.05)
    return word


@pai.flow
def held(word: str, path: str) -> str:
    """Runs as long as a test wants, however slow the machine: until it makes the file."""
    return text.join(lists.of(stays(word, path), "!"), separator="")
