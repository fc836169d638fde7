"""What the flow needs to know of a block: its ports and its effect, as plain data.

Signatures travel: the gateway checks a flow by them without importing anybody's code.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from ..ids import Json, JsonSchema
from .model import Retry


class Effect(StrEnum):
    """What running a body does to the world. Everything about durability follows from it."""

    PURE = "pure"
    """Same inputs, same output; recomputed at will."""
    READ = "read"
    """Looks at the world (model, HTTP GET, clock, random); retried after a crash."""
    STORE = "store"
    """Writes our own memory, in the transaction of its record."""
    WRITE = "write"
    """Changes the world (pays, sends); its start is committed before the body."""
    HUMAN = "human"
    """Waits for a person."""


class Port(BaseModel):
    """A typed input or output."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: JsonSchema
    required: bool = True
    default: Json = None
    """Only meaningful when not `required`."""
    help: str = ""


CELL = "cell"
"""What a function of a notebook's cell has for a module: `cell:function`."""


def code_unit(block: str) -> str | None:
    """What of a person's code is shipped and pinned to run a block; None for blocks built in.

    A module (`module` of `module:function`) goes whole. A function of a cell goes alone, with what
    it needs, under its full name, so that changing one cell changes nothing for the others.
    """
    module, colon, _ = block.partition(":")
    if not colon or module == "flow":
        return None
    return block if module == CELL else module


class Signature(BaseModel):
    """A block seen from outside."""

    model_config = ConfigDict(frozen=True)

    block: str
    """`family.name`, `module:function` or `flow:name`."""
    version: int = 1
    title: str = ""
    help: str = ""
    effect: Effect = Effect.READ
    keyed: bool = False
    """A `write` that hands `ctx.idempotency_key` on: a repeated call changes the world once."""
    cpu: bool = False
    """Keeps a core busy: runs in a pooled child process."""
    network: bool = False
    """A person's own code that may use the network; without this it may not."""
    retry: Retry = Retry()
    timeout_s: float | None = None
    record_key: str | None = None
    """Name of the input port that says which memory record a `store` block writes."""
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()

    def input(self, name: str) -> Port | None:
        """Find an input port by name."""
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> Port | None:
        """Find an output port by name."""
        return next((port for port in self.outputs if port.name == name), None)
