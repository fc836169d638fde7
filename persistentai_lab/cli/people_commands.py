"""Commands for people whom runs ask: what waits for you, and your answer."""

from typing import Annotated, Any

import typer

from ..client import Client, OpenQuestion, Question
from ..client.words import ago, shorten
from ..errors import Conflict, QuestionNotFound
from ..ids import Json
from .flow_source import parse_value
from .show import mark, print_json, print_table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (questions, answer):
        app.command()(command)


def questions(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Only of this run, `r-…`.")
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you may answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what runs ask people, what expires first foremost."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.questions(mine=mine, limit=1000)
    found = [item for item in found if run in (None, item.run_id)]
    if as_json:
        print_json([to_json(item) for item in found])
    elif not found:
        typer.echo("Nobody is asked anything.")
    else:
        heads = ("run", "flow", "question", "asks", "answers", "for", "asked", "expires")
        print_table(heads, [*map(_row, found)])
        typer.echo("\nAnswer one: persistentai answer RUN ANSWER [--question ID]")


def _row(asked: OpenQuestion) -> tuple[str, ...]:
    return (
        asked.run_id,
        shorten(asked.flow, 24),
        asked.id,
        f"{mark('waiting')} {shorten(asked.text, 60)}",
        shorten("|".join(asked.choices or ()) or _type(asked), 24),
        shorten(", ".join(asked.asked) or "anybody", 24),
        ago(asked.asked_at),
        "" if asked.due is None else f"{asked.due.astimezone():%d %b %H:%M}",
    )


def _type(asked: Question) -> str:
    kind = (asked.answer_type or {}).get("type")
    return kind if isinstance(kind, str) else "JSON"


def answer(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, `r-…`.")],
    said: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER", help="A choice, or the answer: text, or JSON of its type."
        ),
    ],
    question: Annotated[
        str | None, typer.Option(help="Id of the question, if the run asks several.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; a rejection needs one.")] = "",
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PORT=JSON", help="Approve with this input changed."),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "--output", metavar="NAME=JSON", help="For `done`: what the step would have returned."
        ),
    ] = None,
) -> None:
    """Answer what a run asks. Of two answers one wins; the other is told who was first."""
    with Client() as client:
        asked = _question(client.run(run).questions, run, question)
        client.answer(
            run,
            asked.id,
            _typed(asked, said),
            inputs=_pairs(changed, "--set"),
            outputs=_pairs(outputs, "--output"),
            reason=reason,
            via="cli",
        )
    typer.echo(f"Answered. Watch it go on: persistentai events {run} --follow")


def _typed(asked: Question, said: str) -> Json:
    if asked.kind != "ask" or asked.choices:
        return said
    return parse_value(said, is_text=_type(asked) == "string")


def _pairs(given: list[str] | None, option: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for item in given or ():
        name, equals, text = item.partition("=")
        if not equals:
            raise typer.BadParameter(f"{item!r} has no value; write {option} NAME=JSON")
        found[name] = parse_value(text, is_text=False)
    return found


def _question(asked: list[Question], run: str, wanted: str | None) -> Question:
    """The question that is meant; an answered one too, so that it is the runtime that refuses."""
    if wanted is not None:
        found: Any = next((item for item in asked if item.id == wanted), None)
        if found is None:
            known = ", ".join(item.id for item in asked) or "nothing"
            raise QuestionNotFound(
                f"Run {run} asks no question {wanted!r}.", remedy=f"It asks {known}."
            )
        return found  # type: ignore[no-any-return]
    still_open = [item for item in asked if item.answer is None]
    if len(still_open) == 1:
        return still_open[0]
    if not still_open:
        raise Conflict(
            f"Run {run} asks nothing.", remedy="`persistentai questions` lists what waits."
        )
    listed = "; ".join(f"{item.id}: {item.text}" for item in still_open)
    raise Conflict(
        f"Run {run} asks {len(still_open)} questions: {listed}.", remedy="Say which: --question ID."
    )
