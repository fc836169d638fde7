"""What cells are made of: states, tables, notes, folds, in the colours of the page around."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from ..client.words import shape
from ..errors import LabError

COLOURS = {
    "running": "color:#1e88e5;color:var(--jp-brand-color1, #1e88e5)",
    "retrying": "color:#1e88e5;color:var(--jp-brand-color1, #1e88e5)",
    "waiting": "color:#c77700;color:var(--jp-warn-color0, #c77700)",
    "paused": "color:#c77700;color:var(--jp-warn-color0, #c77700)",
    "completed": "color:#388e3c;color:var(--jp-success-color0, #388e3c)",
    "failed": "color:#e53935;color:var(--jp-error-color1, #e53935)",
    "timed_out": "color:#e53935;color:var(--jp-error-color1, #e53935)",
}
"""Said twice, because Lab lets no variable pass in a notebook that it doesn't trust."""
FAINT = "opacity:0.7"
"""Of whatever colour the page writes in: a grey that is read on white is lost in the dark."""
_WORDS = {"pending": "not started", "retrying": "trying again", "waiting": "waiting for you"}
_CELL = "padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap"
_FONT = "font-family:var(--jp-ui-font-family, system-ui);font-size:13px;line-height:20px"


def whole(inside: str) -> str:
    """What a cell shows. A person may read a dollar sign here; it is no formula for that."""
    return f'<div class="mathjax_ignore" style="{_FONT}">{inside}</div>'


def error_html(error: LabError) -> str:
    """An error: what is wrong, what to do."""
    return whole(trouble(error.message, error.remedy))


def state(status: str) -> str:
    """A state as shape, colour and word."""
    colour = COLOURS.get(status, "")
    word = escape(_WORDS.get(status, status.replace("_", " ")))
    sign = {"pending": "queued", "retrying": "backing_off"}.get(status, status)
    return f'<span style="{colour}" aria-hidden="true">{shape(sign)}</span> {word}'


def trouble(message: str, remedy: str = "", *, at: str | None = None) -> str:
    """What went wrong, and what to do."""
    place = f"<b>{escape(at)}</b>: " if at else ""
    then = f"→ {with_code(remedy)}" if remedy else ""
    return note_box("failed", place + escape(message).replace("\n", "<br>"), then, role="alert")


def note_box(state: str, said: str, then: str = "", *, sign: str = "", role: str = "note") -> str:
    """Something to be noticed, in the colour of a state. Takes HTML."""
    edge = COLOURS[state][len("color:") :].partition(";")[0]
    under = f"<div>{then}</div>" if then else ""
    return (
        f'<div style="border-left:3px solid {edge};padding:4px 12px;margin:4px 0" role="{role}">'
        f'<span style="{COLOURS[state]}" aria-hidden="true">{shape(sign or state)}</span> '
        f"{said}{under}</div>"
    )


def folded(summary: str, inside: str, *, is_open: bool = False) -> str:
    """Something that unfolds. Takes HTML."""
    opened = " open" if is_open else ""
    return (
        f'<details{opened}><summary style="cursor:pointer">{summary}</summary>'
        f'<div style="padding-left:16px">{inside}</div></details>'
    )


def titled(title: str, inside: str) -> str:
    """A part of a card. Takes HTML."""
    if not inside:
        return ""
    return f'<div style="margin-top:8px;{FAINT}">{title}</div>{inside}'


def with_code(text: str) -> str:
    """`code in backticks` of a remedy as code."""
    parts = [escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def moment(at: datetime | None) -> str:
    """A time, with the exact one on hover. Not relative: a cell is read next year too."""
    if at is None:
        return ""
    here = at.astimezone()
    told = f"{here.day} {here:%b %Y, %H:%M}"
    return f'<span title="{at.isoformat(timespec="seconds")}">{told}</span>'


def code(text: str) -> str:
    """Text as code."""
    return f"<code>{escape(text)}</code>"


def faint(text: str) -> str:
    """Text that is less important."""
    return f'<span style="{FAINT}">{escape(text)}</span>'


def table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. Takes HTML."""
    head = "".join(f'<th scope="col" style="{_CELL};{FAINT}">{name}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    thead = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<table style="{_FONT};border-collapse:collapse">{thead}<tbody>{body}</tbody></table>'
