"""What our renderer in JupyterLab reads: a graph, a run to follow, a widget that starts runs."""

import json
from typing import Any, Final

FLOW: Final = "application/vnd.persistentai.flow+json"
MEMORY: Final = "application/vnd.persistentai.memory+json"
VERSION: Final = 1
LARGEST = 200_000
"""Bytes of a graph that a notebook may keep when the gateway has it too."""


def flow_json(
    graph: dict[str, Any] | None,
    run_id: str | None = None,
    model_id: str | None = None,
    *,
    is_final: bool = False,
) -> dict[str, Any]:
    """The data of a cell's output. No secrets, no address: it is saved with the notebook.

    Args:
        graph: As `flow.graph` draws it.
        run_id: The run to show, if there is one.
        model_id: The widget in the kernel that can start another run, as long as it is there.
        is_final: Whether the picture beside it shows how the run ended.
    """
    known = {"version": VERSION, "graph": graph, "run_id": run_id, "model_id": model_id}
    return {**known, "is_final": is_final}


def kept(graph: dict[str, Any] | None, run_id: str | None) -> dict[str, Any] | None:
    """The graph, if it is small enough to keep or can be had nowhere else."""
    if graph is None or run_id is None:
        return graph
    return graph if len(json.dumps(graph)) <= LARGEST else None


def memory_json() -> dict[str, Any]:
    """The data of a cell that shows the Memory Tree: nothing of what is in it."""
    return {"version": VERSION}
