"""People in a flow, as Python says it: `pai.ask_human(…)`, and what a body has to be allowed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, TypeVar, overload

from pydantic import ValidationError

from ..errors import TraceError
from ..flow.duration import Duration, seconds_of
from ..flow.model import EXPIRES_MAX_S, Approval
from ..flow.traced import Traced
from ..flow.values import codec_for
from ..flow.values.codec import PAI_TYPE
from ..ids import Json

T = TypeVar("T")
AtExpiry = Literal["reject", "approve", "fail"]


@overload
def ask_human(
    text: str,
    shown: object = None,
    *,
    choices: Sequence[str],
    to: str | Sequence[str] = (),
    expires: Duration | None = None,
    otherwise: str | None = None,
    id: str | None = None,
) -> str: ...
@overload
def ask_human(
    text: str,
    shown: object = None,
    *,
    answer: type[T],
    to: str | Sequence[str] = (),
    expires: Duration | None = None,
    otherwise: T | None = None,
    id: str | None = None,
) -> T: ...
@overload
def ask_human(
    text: str,
    shown: object = None,
    *,
    answer: str | Mapping[str, Json],
    to: str | Sequence[str] = (),
    expires: Duration | None = None,
    otherwise: object = None,
    id: str | None = None,
) -> Any: ...
@overload
def ask_human(
    text: str,
    shown: object = None,
    *,
    to: str | Sequence[str] = (),
    expires: Duration | None = None,
    otherwise: str | None = None,
    id: str | None = None,
) -> str: ...
def ask_human(
    text: str,
    shown: object = None,
    *,
    choices: Sequence[str] = (),
    answer: object = "string",
    to: str | Sequence[str] = (),
    expires: Duration | None = None,
    otherwise: object = None,
    id: str | None = None,
) -> Any:
    """Ask a person while the flow runs, and go on with the answer. For use inside `@pai.flow`.

    `length = pai.ask_human("How many lines?", draft, answer=int, to="ada", expires="2d")`

    The run waits as long as it takes, holding no process. Other branches go on meanwhile.

    Args:
        text: The question.
        shown: A value to look at while answering: a text, a table, an image.
        choices: The answers to choose from. Left out, the answer is in the person's own words.
        answer: The type of the answer: `int`, `list[str]`, a Pydantic model, a JSON Schema.
        to: Who may answer. Left out, anybody of the workspace.
        expires: For how long it can be answered: seconds, a `timedelta`, `"8h"`, `"3d"`.
        otherwise: What holds when nobody has answered by then. Left out, the step fails.
        id: Id of the node.

    Raises:
        TraceError: A type, a duration or a choice is none.
    """
    from .human import ask

    given: dict[str, Any] = {"text": text}
    if shown is not None:
        given["shown"] = shown
    if isinstance(choices, Traced) or len(choices):
        given["choices"] = choices if isinstance(choices, Traced) else list(choices)
    elif (kind := type_of(answer)) != "string":
        given["answer"] = kind
    if people := named(to):
        given["to"] = people
    if expires is not None:
        given["expires_s"] = _lasting(expires)
    if otherwise is not None:
        given["otherwise"] = otherwise
    return ask.with_(id=id)(**given)


def approval_of(approval: "bool | Approval | Mapping[str, Any] | None") -> Approval | None:
    """What `with_(approval=…)` says, as the node carries it. Raises `TraceError`."""
    if approval is None or approval is False:
        return None
    if approval is True:
        return Approval()
    if isinstance(approval, Approval):
        return approval
    try:
        return Approval.model_validate(dict(approval))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise TraceError(
            f"This is no approval: {wrong}.",
            remedy="It has `by`, `text`, `expires_s` and `at_expiry` (reject, approve, fail).",
        ) from error


def approval_from(
    by: str | Sequence[str],
    text: str,
    expires: Duration | None,
    at_expiry: AtExpiry,
) -> Approval | None:
    """What `needs_approval(…)` says. Raises `TraceError`."""
    told: dict[str, Any] = {"by": named(by), "text": text, "at_expiry": at_expiry}
    if expires is not None:
        told["expires_s"] = _lasting(expires)
    return approval_of(told)


def named(people: str | Sequence[str]) -> Any:
    """One person or several, as a list; what a flow gives only when it runs stays as it is."""
    if isinstance(people, Traced):
        return people
    return [people] if isinstance(people, str) else list(people)


def _lasting(expires: Duration) -> Any:
    if isinstance(expires, Traced):
        return expires
    try:
        seconds = seconds_of(expires)
    except ValueError as error:
        raise TraceError(f"`expires`: {error}.") from error
    if not 0 < seconds <= EXPIRES_MAX_S:
        raise TraceError(
            f"A question can't expire after {timedelta(seconds=seconds) if seconds else 0}.",
            remedy="Leave it open for a while, ten years at most; left out, it is open for ever.",
        )
    return seconds


def type_of(answer: object) -> Json:
    """The type of an answer, as the block takes it."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Mapping):
        return dict(answer)
    try:
        schema = codec_for(answer).schema
    except TypeError as error:
        raise TraceError(
            f"Nobody could type in a {answer!r}: {error}.",
            remedy="Ask for `str`, `int`, `bool`, a list, a Pydantic model or a JSON Schema.",
        ) from error
    if PAI_TYPE in schema:
        raise TraceError(
            f"Nobody could type in a {schema[PAI_TYPE]}.",
            remedy="Ask for what a person can say, and make the value from it in a block.",
        )
    return str(schema["type"]) if list(schema) == ["type"] else schema
