"""Problem documents (RFC 9457) back into the errors they were made from."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import (
    AccessDenied,
    Conflict,
    FlowInvalid,
    LabError,
    MergeConflict,
    MisfitDocument,
    Problem,
    RunNotFound,
    Unavailable,
)
from ..ids import RunId


def error_from_problem(status: int, body: object) -> LabError:
    """The error that the gateway meant, whatever it sent."""
    if not isinstance(body, Mapping) or "code" not in body:
        return _stranger(status)
    code = str(body["code"])
    kind = _kind(code, status)
    if issubclass(kind, FlowInvalid) and body.get("problems"):
        return kind([_problem(item) for item in body["problems"]])
    message = str(body.get("detail") or body.get("title") or code)
    error = _bare(kind, message, str(body.get("remedy") or ""))
    error.code = code
    _restore_data(error, body)
    return error


def _stranger(status: int) -> LabError:
    if status in (401, 403):
        return AccessDenied(
            "The runtime does not know who is asking.",
            remedy="Check that PERSISTENTAI_TOKEN_FILE names a file with a valid token.",
        )
    if status >= 500:
        return Unavailable(f"The runtime answered {status} and did not say why.")
    return LabError(
        f"What answered (status {status}) is not a PersistentAI runtime.",
        remedy="Check PERSISTENTAI_URL.",
    )


def _problem(item: Mapping[str, Any]) -> Problem:
    return Problem(
        code=str(item.get("code", "problem")),
        message=str(item.get("message", "")),
        remedy=str(item.get("remedy", "")),
        node=item.get("node"),
        port=item.get("port"),
    )


def _kind(code: str, status: int) -> type[LabError]:
    for kind in _kinds(LabError):
        if kind.code == code:
            return kind
    return _BY_STATUS.get(status, LabError)


_BY_STATUS: Mapping[int, type[LabError]] = {
    401: AccessDenied,
    403: AccessDenied,
    409: Conflict,
    503: Unavailable,
}
"""What a code that this release does not know comes down to."""


def _kinds(kind: type[LabError]) -> Iterator[type[LabError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def _bare(kind: type[LabError], message: str, remedy: str) -> LabError:
    """Make an error without its own constructor: the wire carries the finished sentence."""
    error = kind.__new__(kind)
    LabError.__init__(error, message, remedy=remedy)
    return error


def _restore_data(error: LabError, body: Mapping[str, Any]) -> None:
    match error:
        case FlowInvalid():
            error.problems = ()
        case MergeConflict():
            error.conflicts = tuple(body.get("conflicts") or ())
        case MisfitDocument():
            error.problems = tuple(map(str, body.get("problems") or ()))
        case RunNotFound():
            error.run_id = RunId(str(body.get("run_id", "")))
        case Unavailable():
            error.retry_after_s = float(body.get("retry_after_s") or body.get("retry_after") or 1.0)
