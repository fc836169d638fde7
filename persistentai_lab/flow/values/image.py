"""Pillow image as PNG, with what it says about itself (`Title`, `Description`)."""

from io import BytesIO

from ...ids import JsonSchema
from ..payload import Payload
from ..sketch import Sketch
from .codec import PAI_TYPE, BadValue, short
from .library import extra

MEDIA_TYPE = "image/png"

KEPT = ("Title", "Description")
"""Texts in `Image.info` that travel in the PNG: a caption, and the picture in words."""


class ImageCodec:
    """Codec of `PIL.Image.Image`. Modes that PNG does not know (CMYK, …) are refused."""

    def __init__(self) -> None:
        self.schema: JsonSchema = {PAI_TYPE: "image"}

    def encode(self, value: object) -> Payload:
        """Write PNG."""
        with extra():
            from PIL import Image, PngImagePlugin

        if not isinstance(value, Image.Image):
            raise BadValue("Image", short(value))
        buffer = BytesIO()
        said = PngImagePlugin.PngInfo()
        for key in KEPT:
            if isinstance(text := value.info.get(key), str):
                said.add_itxt(key, text)
        try:
            value.save(buffer, format="PNG", pnginfo=said)
        except OSError as error:
            raise BadValue("an image that PNG can hold", f"mode {value.mode}") from error
        sketch = Sketch(f"{value.width:,} × {value.height:,} image", value.info.get("Description"))
        return Payload(buffer.getvalue(), MEDIA_TYPE, sketch)

    def decode(self, payload: Payload) -> object:
        """Read PNG."""
        with extra():
            from PIL import Image

        if payload.media_type != MEDIA_TYPE:
            raise BadValue("Image", payload.media_type)
        try:
            image = Image.open(BytesIO(payload.data), formats=["PNG"])
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise BadValue("PNG", f"bytes that are not: {error}") from error
        return image
