"""What the tests of charts have in common."""

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image


def ink(image: PIL.Image.Image) -> npt.NDArray[Any]:
    """Where something is drawn on the white paper."""
    return (np.asarray(image) != 255).any(axis=2)


def counts(image: PIL.Image.Image, colour: str) -> int:
    """How many pixels have about this colour."""
    wanted = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
    return int((abs(np.asarray(image).astype(int) - wanted).max(axis=2) < 12).sum())
