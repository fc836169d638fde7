"""numpy ndarray as npy."""

import math
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ...ids import JsonSchema
from ..payload import Payload
from ..sketch import ITEMS, Sketch, beginning
from .codec import PAI_TYPE, BadValue, short
from .library import extra

if TYPE_CHECKING:
    import numpy as np

MEDIA_TYPE = "application/x-npy"
_HEAD_MAX = 70_000
"""No header of version 1 is longer."""


class ArrayCodec:
    """Codec of `numpy.ndarray`. Arrays of Python objects are refused: they would need pickle."""

    def __init__(self) -> None:
        self.schema: JsonSchema = {PAI_TYPE: "array"}

    def encode(self, value: object) -> Payload:
        """Write npy."""
        with extra():
            import numpy as np

        if not isinstance(value, np.ndarray):
            raise BadValue("ndarray", short(value))
        if value.dtype.hasobject:
            raise BadValue("ndarray of numbers, text or dates", "ndarray of Python objects")
        buffer = BytesIO()
        np.save(buffer, value, allow_pickle=False)
        return Payload(buffer.getbuffer().toreadonly(), MEDIA_TYPE, _sketch(value))

    def decode(self, payload: Payload) -> object:
        """Read npy."""
        with extra():
            import numpy as np

        if payload.media_type != MEDIA_TYPE:
            raise BadValue("ndarray", payload.media_type)
        try:
            if isinstance(payload.data, memoryview) and not payload.data.readonly:
                return _where_it_lies(payload.data)
            return np.load(BytesIO(payload.data), allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise BadValue("npy", f"bytes that are not: {error}") from error


def _where_it_lies(data: memoryview) -> "np.ndarray[Any, Any]":
    """An array that is no copy: of bytes that are this reader's own to change."""
    import numpy as np
    from numpy.lib import format as npy

    head = BytesIO(data[:_HEAD_MAX])
    version = npy.read_magic(head)
    if version != (1, 0):  # thousands of named columns
        return np.load(BytesIO(data), allow_pickle=False)  # type: ignore[no-any-return]
    shape, is_fortran, kind = npy.read_array_header_1_0(head)
    if kind.hasobject:
        raise ValueError("an array of Python objects")
    flat = np.frombuffer(data, kind, count=math.prod(shape), offset=head.tell())
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _sketch(value: "np.ndarray[Any, Any]") -> Sketch:
    size = " × ".join(f"{length:,}" for length in value.shape) or "one-value"
    some = value.ravel()[:ITEMS] if value.flags.c_contiguous else value.flat[:ITEMS]
    return Sketch(f"{size} array of {value.dtype}", beginning(some.tolist()))
