"""Errors as values, outside a flow."""

from ..errors import LabError
from ..flow.control.failure import Failure


def told(error: BaseException, node: str) -> Failure:
    """An error as a handler is given it."""
    if isinstance(error, LabError):
        return Failure(code=error.code, message=error.message, remedy=error.remedy, node=node)
    return Failure(code="raised", message=f"{type(error).__name__}: {error}", remedy="", node=node)
