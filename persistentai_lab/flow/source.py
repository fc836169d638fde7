"""Where the text of a person's own code comes from, when a flow that uses it is run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

from ..errors import CannotShip, Problem
from .model import FlowSpec
from .signature import Signature, code_unit


@runtime_checkable
class LiveSource(Protocol):
    """Code that has no file: its text is put together when it is sent."""

    def __or__(self, other: object) -> Self:
        """Both, if two stand under one name."""
        ...

    def pinned(self, drawn: Signature) -> tuple[str, Signature]:
        """Text and signature of now; `drawn` is what the flow was drawn with.

        Raises:
            CannotShip: With everything that is wrong.
        """
        ...


Source = str | LiveSource | None
"""Text of a module; None where it cannot be had."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A unit of code as it is sent."""

    unit: str
    text: str
    signatures: tuple[Signature, ...]


def pinned(
    spec: FlowSpec, signatures: Mapping[str, Signature], sources: Mapping[str, Source]
) -> tuple[Pinned, ...]:
    """The code that a flow needs.

    Raises:
        CannotShip: With everything that stands in the way, each with its node.
    """
    found: list[Pinned] = []
    problems: list[Problem] = []
    for unit, source in sources.items():
        own = tuple(it for it in signatures.values() if code_unit(it.block) == unit)
        try:
            found.append(_pinned(unit, source, own))
        except CannotShip as error:
            node = next((place for it in own for place in places(spec, it.block)), None)
            problems += [replace(problem, node=node) for problem in error.problems]
    if problems:
        raise CannotShip(problems)
    return tuple(found)


def unshippable(
    spec: FlowSpec, signatures: Mapping[str, Signature], sources: Mapping[str, Source]
) -> tuple[Problem, ...]:
    """What stands in the way of sending the code of a flow."""
    try:
        pinned(spec, signatures, sources)
    except CannotShip as error:
        return error.problems
    return ()


def places(spec: FlowSpec, block: str, prefix: str = "") -> Iterator[str]:
    """Nodes of a block, those of flows inside as `outer/inner`."""
    for node in spec.nodes:
        if node.block == block:
            yield f"{prefix}{node.id}"
        called = {"": node.block[5:]} if node.block.startswith("flow:") else node.flows
        for role, name in called.items():
            if name in spec.flows:
                inside = f"{prefix}{node.id}/{role}{'/' * bool(role)}"
                yield from places(spec.flows[name], block, inside)


def _pinned(unit: str, source: Source, own: tuple[Signature, ...]) -> Pinned:
    if isinstance(source, LiveSource):
        text, signature = source.pinned(own[0])
        return Pinned(unit, text, (signature,))
    if source is None:
        raise CannotShip([_lost(it.block.partition(":")[2]) for it in own])
    return Pinned(unit, source, own)


def _lost(name: str) -> Problem:
    return Problem(
        "no_source",
        f"{name!r} has no source that could be sent.",
        "Define it in a cell, or in a `.py` file beside the notebook and import it.",
    )
