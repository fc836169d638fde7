"""An error as a value: what a handler is given, and what `on_error="keep"` keeps."""

from functools import cache

from typing_extensions import TypedDict

from ...ids import JsonSchema
from ..values import schema_of


class Failure(TypedDict):
    """Why a flow inside failed."""

    code: str
    """Stable, snake case: `timed_out`, `wrong_type`, …"""
    message: str
    remedy: str
    node: str
    """Where, in the run: `each/17/fetch`."""


@cache
def failure_type() -> JsonSchema:
    """The type of a port that takes one."""
    return schema_of(Failure)
