"""The Memory Tree in a cell, for places that show ipywidgets: `pai.memory`."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..ids import Json
from .flow import bundle
from .tunnel import Gateway, Tunnel


class MemoryWidget(anywidget.AnyWidget):
    """All layers in one tree, live.

    Args:
        gateway: What the kernel asks on behalf of views without a Jupyter page.
    """

    _esm = Path(__file__).with_name("loader.js").read_text(encoding="utf-8")

    view = traitlets.Unicode("memory").tag(sync=True)

    def __init__(self, *, gateway: Gateway) -> None:
        super().__init__()
        self._tunnel = Tunnel(gateway, self._say)
        self.on_msg(self._heard)

    def close(self) -> None:
        """Take the widget away."""
        self._tunnel.close()
        super().close()

    def _heard(self, _: object, message: Any, buffers: object) -> None:
        """What a view says. What nobody could have meant is dropped."""
        match message:
            case {"type": "fetch", "id": str(), "path": str()}:
                self._tunnel.fetch(message)
            case {"type": "bundle", "id": str(name)}:
                self._say({"type": "bundle", "id": name}, bundle())

    def _say(self, message: dict[str, Json], body: bytes | None = None) -> None:
        self.send(message, [] if body is None else [body])
