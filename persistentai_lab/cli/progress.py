"""A run as it goes, on standard error: a line for each thing worth keeping, one line for now."""

import sys
import time

import typer

from ..client import RunEvent
from ..client.words import lasted, shorten
from ..errors import LabError
from .show import mark


class Progress:
    """Prints what happens. On a terminal its last line says what runs right now."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._live = sys.stderr.isatty()
        self._began = time.monotonic()
        self._running: dict[str, None] = {}
        self._done = 0
        self._steps = 0

    def show(self, event: RunEvent) -> None:
        """Take in one event."""
        self._count(event)
        line = self._line(event)
        if line is not None:
            self._say(line)
        self._draw()

    def lost(self, trouble: LabError) -> None:
        """Say that the connection is gone; the run is not."""
        if self._live:
            self._erase()
            typer.echo(f"{mark('waiting')} connection lost, the run goes on …", err=True, nl=False)

    def end(self) -> None:
        """Leave the terminal tidy."""
        self._erase()

    def _count(self, event: RunEvent) -> None:
        node = event.node or ""
        match event.type:
            case "run.created":
                steps = event.event.get("steps")
                self._steps = steps if isinstance(steps, int) else 0
            case "node.started" | "node.retried":
                self._running[node] = None
            case "node.completed" | "node.failed" | "node.skipped":
                self._running.pop(node, None)
                self._done += 1

    def _line(self, event: RunEvent) -> str | None:
        fact, node = event.event, event.node or ""
        match event.type:
            case "node.completed":
                return f"{mark('completed')} {node}  {_seconds(fact.get('duration_s'))}"
            case "node.failed":
                return f"{mark('failed')} {node}  {_message(fact.get('error'))}"
            case "node.skipped":
                return f"{mark('skipped')} {node}  skipped because of {fact.get('cause')}"
            case "node.retried":
                return f"{mark('backing_off')} {node}  again ({fact.get('cause')})"
            case "node.logged":
                return f"  {node}: {fact.get('message')}"
            case "run.recovered":
                return (
                    f"{mark('backing_off')} worker lost, run taken over by {fact.get('worker')}: "
                    f"{fact.get('recorded')} steps kept, {fact.get('repeated')} begun again"
                )
            case "human.requested":
                return self._question(event)
            case _:
                return None

    def _question(self, event: RunEvent) -> str:
        choices = event.event.get("choices")
        answer = "|".join(map(str, choices)) if isinstance(choices, list) and choices else "ANSWER"
        return (
            f"{mark('waiting')} {event.event.get('text')}\n"
            f"  → persistentai answer {self._run_id} {answer}"
            f" --question {event.event.get('question')}"
        )

    def _say(self, line: str) -> None:
        self._erase()
        typer.echo(line, err=True)

    def _draw(self) -> None:
        if not self._live:
            return
        self._erase()
        count = f"{self._done}/{self._steps}" if self._steps else str(self._done)
        now = shorten(", ".join(self._running) or "waiting", 60)
        since = lasted(time.monotonic() - self._began)
        typer.echo(f"{mark('running')} {count}  {now}  {since}", err=True, nl=False)

    def _erase(self) -> None:
        if self._live:
            typer.echo("\r\x1b[2K", err=True, nl=False)


def _seconds(duration: object) -> str:
    return lasted(duration) if isinstance(duration, int | float) else ""


def _message(error: object) -> str:
    if not isinstance(error, dict):
        return "failed"
    remedy = f"\n  → {error['remedy']}" if error.get("remedy") else ""
    return f"{error.get('message')}{remedy}"
