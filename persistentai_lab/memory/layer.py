"""What all layers of memory have in common: they are asked queries, and do commands.

Both are data: so a body in another process, a route and a cell say the same, and what a step does
to memory can wait until the step is recorded.
"""

import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from ..errors import MemoryRefused
from ..flow.payload import Payload
from ..ids import Json
from .author import Author


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    op: ClassVar[str]
    """`layer.verb`, the name it has on every wire."""

    def __init__(self, **said: Any) -> None:
        try:
            super().__init__(**said)
        except ValidationError as error:
            raise MemoryRefused(
                _misfit(self.op, error), remedy="Say it as its documentation does."
            ) from None

    @classmethod
    def layer(cls) -> str:
        """The layer it is for."""
        return cls.op.partition(".")[0]


def _misfit(op: str, error: ValidationError) -> str:
    wrong = (
        f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}"
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    )
    return f"`{op}` can't be said like this: {'; '.join(wrong)}."


class Command(_Said):
    """A change of memory. Applied whole, in the transaction of whoever makes it, or not at all."""

    _tried_as: str | None = PrivateAttr(None)

    @property
    def tried_as(self) -> str | None:
        """Names this very doing of it, whichever try it is; for what no transaction takes back."""
        return self._tried_as

    def trying_as(self, key: str) -> Self:
        """The same, under a key that all tries of it have."""
        command = self.model_copy()
        command._tried_as = key
        return command

    @property
    def target(self) -> str:
        """What it changes: said in events, and the order in which things are locked."""
        raise NotImplementedError


class Query(_Said):
    """A question. Answered from what is committed."""

    _data: bytes | memoryview = PrivateAttr(b"")

    @property
    def data(self) -> bytes | memoryview:
        """Raw, beside what it says: content that is to be kept."""
        return self._data

    def carrying(self, data: bytes | memoryview) -> Self:
        """The same with raw data beside it."""
        query = self.model_copy()
        query._data = data
        return query


@dataclass(frozen=True, slots=True)
class Touch:
    """A thing in memory that was read or written: history tells which step did."""

    target: str
    """The feed, the record's key, `branch/path` of the file, …"""
    version: Json = None
    """As it was read, or came to be: a position, a revision, a hash of the content."""
    mode: Literal["read", "write"] = "read"
    layer: str | None = None
    """In which, where it is not the one that was asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a layer says to a query."""

    value: Json = None
    data: bytes = b""
    """Raw, beside the value: the content of a file."""
    touched: tuple[Touch, ...] = ()
    """What it was read from."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a command: the position, revision or commit that it made."""

    target: str
    version: Json
    again: bool = False
    """It had been done before, under the same key."""
    result: Json = None
    """What the promise becomes, where that is more than the version."""
    touched: tuple[Touch, ...] = ()
    """What it wrote, where that is not just the target."""

    @property
    def said(self) -> Json:
        """What whoever made the command is told."""
        return self.version if self.result is None else self.result

    @property
    def written(self) -> tuple[Touch, ...]:
        """What it wrote."""
        return self.touched or (Touch(self.target, self.version, "write"),)


class Layer(Protocol):
    """A layer, as storage keeps it."""

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query of this layer. Raises `MemoryRefused`."""
        ...

    async def prepare(self, author: Author, commands: Sequence[Any]) -> None:
        """Do ahead of any transaction what is slow and may be done twice."""
        ...

    async def apply(self, connection: Any, author: Author, command: Any) -> Receipt:
        """Do a command in the transaction of `connection`. Raises `MemoryRefused`."""
        ...


Ask = Callable[[Query], Coroutine[Any, Any, Answer]]
"""How a body asks, wherever it runs."""
Do = Callable[[Command], Any]
"""How a body changes memory: noted now, done when its step is recorded. Returns a `Promise`."""
PROMISE = "$receipt"


class Promise(dict[str, Json]):
    """What a command will have made, once the step is recorded.

    A body can't know it, but may hand it on: as an output, it stands for the version. To type
    checkers it is the version already.
    """

    def __init__(self, number: int) -> None:
        super().__init__({PROMISE: number})
        self.payload = Payload(json.dumps(self).encode())
        """As an output, until it is kept."""
