"""What a flow and a run give to a cell: words, a picture that lasts, and a view that is alive.

Lab takes the view (`FLOW`, drawn by our own renderer), other front ends the widget, everything that
only reads notebooks the picture. Nothing here needs widgets: without them a cell shows less.
"""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..client import Client
from ..client.wire import to_json
from ..errors import LabError, Unavailable
from ..ids import Json
from ..widgets.mime import FLOW, flow_json, kept

if TYPE_CHECKING:
    from ..client import EventStream
    from ..widgets.flow import FlowWidget
    from ..widgets.tunnel import Answer
    from .flow import Flow
    from .run import Run

Bundle = dict[str, Any]
Literals = dict[str, dict[str, Json]]
Started = tuple[str, dict[str, Json]]


def flow_bundle(flow: "Flow[Any, Any]") -> Bundle:
    """Everything that a cell can show of a flow."""
    others = _flow_words(flow)
    graph = _graph(flow)
    return _alive(others, graph, None, lambda: _flow_widget(flow, graph, {}))


def run_bundle(run: "Run[Any]") -> Bundle:
    """Everything that a cell can show of a run. Waits for a runtime that is away only once.

    The view is there even then: it goes live as soon as somebody answers.
    """
    from .html import error_html

    graph, is_final = None, False
    try:
        is_final = run.detail.is_ended
        graph = run._known.client.graph(run.id)
    except Unavailable as error:
        said = f"<run {run.id}: {error.message}>"
        others: Bundle = {"text/plain": said, "text/html": error_html(error)}
        return _alive(others, None, run.id, lambda: _run_widget(run, None, {}))
    except (LabError, ValueError):  # a gateway of another release: the view asks again
        pass
    others = {"text/plain": repr(run), "text/html": run._repr_html_()}
    bundle = _alive(others, graph, run.id, lambda: _run_widget(run, graph, {}))
    return {**bundle, FLOW: {**bundle[FLOW], "is_final": is_final}}


def flow_widget(flow: "Flow[Any, Any]") -> "FlowWidget":
    """The live view of a flow as a widget that stands inside others."""
    return _flow_widget(flow, _graph(flow), _flow_words(flow))


def run_widget(run: "Run[Any]") -> "FlowWidget":
    """The live view of a run as a widget that stands inside others. Raises `LabError`."""
    graph = run._known.ask(run._known.client.graph)
    return _run_widget(run, graph, {"text/html": run._repr_html_()})


def _flow_words(flow: "Flow[Any, Any]") -> Bundle:
    return {"text/plain": repr(flow), "text/html": flow._repr_html_()}


def _graph(flow: "Flow[Any, Any]") -> dict[str, Json]:
    from ..flow.graph import graph_of

    return graph_of(flow.spec, flow.signatures)


def _alive(
    others: Bundle,
    graph: dict[str, Json] | None,
    run_id: str | None,
    make: Callable[[], "FlowWidget"],
) -> Bundle:
    """Add the view and, where a kernel can be talked to, the widget."""
    if not has_comm():
        return {**others, FLOW: flow_json(kept(graph, run_id), run_id)}
    try:
        widget = make()
    except ImportError:  # a kernel without ipywidgets
        return {**others, FLOW: flow_json(kept(graph, run_id), run_id)}
    bundle, _ = widget._repr_mimebundle_()
    return {**bundle, **others}


def has_comm() -> bool:
    """Whether this is a kernel that front ends talk to, and not a script or a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _flow_widget(
    flow: "Flow[Any, Any]", graph: dict[str, Json] | None, others: Bundle
) -> "FlowWidget":
    from ..widgets.flow import FlowWidget
    from .run import Run
    from .runtime import runtime

    def start(inputs: dict[str, Json], values: Literals) -> Started:
        changed = flow._with(values)
        return changed._start(inputs, runtime()).id, _graph(changed)

    return FlowWidget(
        graph,
        gateway=Carrier(runtime),
        start=start,
        picture=lambda run_id: _end_of(Run(run_id)),
        others=others,
    )


def _run_widget(run: "Run[Any]", graph: dict[str, Json] | None, others: Bundle) -> "FlowWidget":
    """The one of the run, or another if somebody has closed that."""
    if run._shown is None or run._shown.comm is None:
        run._shown = _new_run_widget(run, graph, others)
    else:
        run._shown.show(graph, run.id)
    return run._shown


def _new_run_widget(run: "Run[Any]", graph: dict[str, Json] | None, others: Bundle) -> "FlowWidget":
    from ..widgets.flow import FlowWidget
    from .run import Run

    client = run._known.client

    def start(inputs: dict[str, Json], values: Literals) -> Started:
        fork = run.fork(values=values, inputs=inputs)
        return fork.id, client.graph(fork.id)

    return FlowWidget(
        graph,
        gateway=Carrier(lambda: client),
        start=start,
        run_id=run.id,
        picture=lambda run_id: _end_of(Run(run_id, client=client)),
        others=others,
    )


def _end_of(run: "Run[Any]") -> str | None:
    """The picture of a run that has ended; None if it has not, or nobody can say."""
    try:
        return run._repr_html_() if run.detail.is_ended else None
    except LabError:
        return None


class Carrier:
    """The notebook's client, as the tunnel of a widget uses it."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client

    def forward(self, method: str, path: str, body: bytes | None) -> "Answer":
        """Send what a view asks; returns what came back."""
        from ..widgets.tunnel import Answer

        found = self._client().forward(method, f"/{path}", body)
        media_type = found.headers.get("content-type", "application/octet-stream")
        return Answer(found.status_code, media_type, found.content)

    def follow(self, run_id: str, after: int) -> "_Events":
        """The events of a run after a position."""
        return _Events(self._client().follow(run_id, after=after))


class _Events:
    """A stream of events as they travel on the wire."""

    def __init__(self, stream: "EventStream") -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Json]:
        return map(to_json, self._stream)

    def close(self) -> None:
        self._stream.close()
