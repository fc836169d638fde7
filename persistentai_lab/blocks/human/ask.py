"""A question to a person."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.follow import TypeIn
from persistentai_lab.flow.model import EXPIRES_MAX_S


@block(
    title="Ask a person",
    effect="human",
    examples=(
        Example(inputs={"text": "Which of these is right?", "choices": ["the first", "neither"]}),
        Example(inputs={"text": "How many rows shall it be?", "answer": "integer"}),
    ),
)
def ask(
    text: Annotated[str, Field(min_length=1, max_length=10_000)],
    shown: Any = None,
    choices: Annotated[list[str], Field(max_length=100)] = [],  # noqa: B006 - read, never kept
    answer: str | dict[str, Any] = "string",
    to: list[str] = [],  # noqa: B006
    expires_s: Annotated[float, Field(gt=0, le=EXPIRES_MAX_S)] | None = None,
    otherwise: Any = None,
) -> Annotated[Any, TypeIn("answer")]:
    """Ask a person, and wait for the answer as long as it takes.

    A run that waits holds no process and no thread; the answer wakes it. In Python
    `pai.ask_human` says the same more shortly.

    Args:
        text: The question.
        shown: A value to look at while answering: a text, a table, an image.
        choices: The answers to choose from. Left out, the answer is in the person's own words.
        answer: The type of the answer: a word of JSON Schema or a whole one. It is the type of the
            output, so it must be a literal.
        to: Who may answer. Left out, anybody of the workspace.
        expires_s: How many seconds there are to answer. Left out, there is no end.
        otherwise: What holds when nobody has answered by then. Left out, the step fails.

    Returns:
        The answer, of the type that was asked for.

    Raises:
        Unanswered: Nobody answered in time.
    """
    raise NodeError(
        "Only a run can ask a person.",
        remedy="Call this inside a flow (`@pai.flow`), and run the flow.",
    )
