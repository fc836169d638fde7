"""A run as it goes, on standard error: a line for each thing worth keeping, above the bar."""

import typer

from ..client import Bar, RunEvent
from ..client.bar import recovered
from ..client.words import lasted
from .show import mark


class Progress(Bar):
    """The bar of a run, and a line for each node."""

    def lines(self, event: RunEvent) -> list[str]:
        """What is said of an event."""
        fact, node = event.event, event.node or ""
        match event.type:
            case "node.completed":
                return [f"{mark('completed')} {node}  {_seconds(fact.get('duration_s'))}"]
            case "node.reused":
                how = "kept result" if fact.get("cause") == "cache" else "taken over"
                return [f"{mark('completed')} {node}  {how}"]
            case "node.delayed":
                return [f"{mark('queued')} {node}  waits for its turn of {fact.get('key')}"]
            case "node.failed":
                return [f"{mark('failed')} {node}  {_message(fact.get('error'))}"]
            case "node.skipped":
                return [f"{mark('skipped')} {node}  skipped because of {fact.get('cause')}"]
            case "node.retried":
                return [f"{mark('backing_off')} {node}  again ({fact.get('cause')})"]
            case "node.logged":
                return [f"  {node}: {fact.get('message')}"]
            case "run.recovered":
                return [recovered(event)]
            case "run.stranded":
                return [
                    f"{mark('waiting')} waits for a worker that has {_listed(fact.get('needs'))}"
                ]
            case _:
                return self._people(event)

    def say(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        if self.is_drawn:
            super().say(line)
        else:
            typer.echo(line, err=True)

    def _people(self, event: RunEvent) -> list[str]:
        fact = event.event
        match event.type:
            case "human.requested":
                return self._question(event)
            case "human.answered":
                why = f" ({fact['reason']})" if fact.get("reason") else ""
                return [f"{mark('completed')} {fact.get('by')}: {fact.get('answer')}{why}"]
            case "human.expired":
                return [f"{mark('failed')} Nobody answered in time: {fact.get('outcome')}"]
            case _:
                return []

    def _question(self, event: RunEvent) -> list[str]:
        choices = event.event.get("choices")
        answer = "|".join(map(str, choices)) if isinstance(choices, list) and choices else "ANSWER"
        question = event.event.get("question")
        return [
            f"{mark('waiting')} {event.event.get('text')}",
            f"  → persistentai answer {self.run_id} {answer} --question {question}",
        ]


def _seconds(duration: object) -> str:
    return lasted(duration) if isinstance(duration, int | float) else ""


def _listed(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else ""


def _message(error: object) -> str:
    if not isinstance(error, dict):
        return "failed"
    remedy = f"\n  → {error['remedy']}" if error.get("remedy") else ""
    return f"{error.get('message')}{remedy}"
