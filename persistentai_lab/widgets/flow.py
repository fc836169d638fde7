"""A flow in a cell, live: the widget behind `flow.widget()` and `run.widget()`."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..ids import Json
from .answer import told
from .mime import FLOW, flow_json, kept
from .tunnel import Gateway, Tunnel

BUNDLE = Path(__file__).parent.parent / "static" / "ui.js"

Start = Callable[[dict[str, Json], dict[str, dict[str, Json]]], tuple[str, dict[str, Any] | None]]
"""Starts a run with these inputs and these literals by node and port; returns its id and what is
drawn now, which has other literals."""


class FlowWidget(anywidget.AnyWidget):
    """Shows a flow, and the run of it that it was given or has started.

    Where there is a Jupyter page, its view is live by itself; elsewhere the kernel carries what it
    asks. Nothing that proves who we are is ever in its state: that is saved with notebooks.

    Args:
        graph: As `flow.graph` draws it; None if the run's is to be fetched.
        gateway: What the kernel asks on behalf of views without a Jupyter page.
        start: How another run is started; None if it cannot.
        run_id: The run to show first.
        picture: Draws how a run ended, for whoever reads the notebook where nothing is live.
        others: The same for places without widgets, by media type.
    """

    _esm = Path(__file__).with_name("loader.js").read_text(encoding="utf-8")

    graph = traitlets.Any(default_value=None).tag(sync=True)
    run_id = traitlets.Unicode(allow_none=True, default_value=None).tag(sync=True)
    can_run = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self,
        graph: dict[str, Any] | None,
        *,
        gateway: Gateway,
        start: Start | None = None,
        run_id: str | None = None,
        picture: Callable[[str], str | None] | None = None,
        others: Mapping[str, Any] | None = None,
    ) -> None:
        graph = kept(graph, run_id)
        super().__init__(graph=graph, run_id=run_id, can_run=start is not None)
        self._start = start
        self._picture = picture
        self._others = dict(others or {})
        self._tunnel = Tunnel(gateway, self._say)
        self.on_msg(self._heard)

    def show(self, graph: dict[str, Any] | None, run_id: str) -> None:
        """Show a run, in every view at once."""
        with self.hold_sync():  # one message: a graph never stands beside a run of another one
            self.graph, self.run_id = kept(graph, run_id), run_id

    def close(self) -> None:
        """Take the widget away, with the streams that its views had open."""
        self._tunnel.close()
        super().close()

    def data(self) -> dict[str, Any]:
        """What our renderer in JupyterLab reads of it."""
        return flow_json(self.graph, self.run_id, self.model_id)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**self._others, **bundle, FLOW: self.data()}, metadata

    def _heard(self, _: object, message: Any, buffers: object) -> None:
        """What a view says. What nobody could have meant is dropped."""
        match message:
            case {"type": "run", "id": str(name)}:
                self._say({"type": "ran", "id": name, **self._run(message)})
            case {"type": "picture", "id": str(name), "run_id": str(run_id)}:
                html = self._picture(run_id) if self._picture else None
                self._say({"type": "picture", "id": name, "html": html})
            case {"type": "fetch", "id": str(), "path": str()}:
                self._tunnel.fetch(message)
            case {"type": "open", "id": str(), "path": str()}:
                self._tunnel.open(message)
            case {"type": "close", "id": str(name)}:
                self._tunnel.shut(name)
            case {"type": "bundle", "id": str(name)}:
                self._say({"type": "bundle", "id": name}, bundle())

    def _run(self, message: Mapping[str, Any]) -> dict[str, Json]:
        if self._start is None:
            return {
                "error": {"code": "cannot_run", "message": "This view only looks.", "remedy": ""}
            }
        try:
            run_id, graph = self._start(dict(message.get("inputs") or {}), _values(message))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the view that asked must say so
            return {"error": told(error)}
        self.show(graph, run_id)
        return {"run_id": run_id}

    def _say(self, message: dict[str, Json], body: bytes | None = None) -> None:
        self.send(message, [] if body is None else [body])


def _values(message: Mapping[str, Any]) -> dict[str, dict[str, Json]]:
    return {node: dict(ports) for node, ports in (message.get("values") or {}).items()}


@cache
def bundle() -> bytes:
    """The UI, for pages that cannot have it from a Jupyter server."""
    return BUNDLE.read_bytes() if BUNDLE.exists() else b""
