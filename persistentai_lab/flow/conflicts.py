"""Writers of the same record that nothing puts in order: whoever came last would win, by luck."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..errors import Problem
from .control.kinds import EACH, KINDS
from .model import FlowSpec, Node
from .order import reaches
from .scope import look_up
from .signature import Effect, Signature

Catalogue = Mapping[str, Signature]


class _Writer(NamedTuple):
    node: str
    port: str
    """Empty for a control node."""


def record_conflicts(spec: FlowSpec, catalogue: Catalogue, prefix: str = "") -> Iterator[Problem]:
    """Problems of a flow as it would run, its subflows inlined; those of bodies come after."""
    yield from _here(spec, catalogue, prefix)
    for node in spec.nodes:
        yield from _of_items(spec, node, catalogue, prefix)
        for role, name in sorted(node.flows.items()):
            if name in spec.flows:
                inside = f"{prefix}{node.id}/{role}/"
                yield from record_conflicts(spec.flows[name], catalogue, inside)


def _here(spec: FlowSpec, catalogue: Catalogue, prefix: str) -> Iterator[Problem]:
    """Nodes of one flow."""
    fed, after = _fed(spec), _after(spec)
    writers: dict[str, set[_Writer]] = defaultdict(set)
    for node in spec.nodes:
        for key, port in _keys(spec, node, fed, catalogue):
            writers[key].add(_Writer(node.id, "" if node.block in KINDS else port))
    for key, found in writers.items():
        ordered = sorted(found)
        for index, (other, port) in enumerate(ordered):
            for one, _ in ordered[:index]:
                if not reaches(after, one, other) and not reaches(after, other, one):
                    message = f"{one!r} and {other!r} write the {key} in no order."
                    remedy = "Write to different keys, or let one feed the other."
                    place = f"{prefix}{other}"
                    yield Problem("record_conflict", message, remedy, place, port or None)


def _after(spec: FlowSpec) -> dict[str, set[str]]:
    after: dict[str, set[str]] = {node.id: set() for node in spec.nodes}
    for edge in spec.edges:
        one, other = edge.source.node, edge.target.node
        if one != other and one in after and other in after:
            after[one].add(other)
    return after


def _of_items(spec: FlowSpec, node: Node, catalogue: Catalogue, prefix: str) -> Iterator[Problem]:
    """Several items at once that write one record."""
    if node.block != EACH or node.values.get("at_once") == 1:
        return
    for key in sorted({key for key, _ in _keys(spec, node, set(), catalogue)}):
        message = f"Items that run at once all write the {key}, in no order."
        remedy = "Set `at_once=1`, or make the key from the item."
        yield Problem("record_conflict", message, remedy, f"{prefix}{node.id}", "at_once")


def _keys(
    spec: FlowSpec, node: Node, fed: set[tuple[str, str]], catalogue: Catalogue
) -> Iterator[tuple[str, str]]:
    """The records that a node is known to write, with the port that says so."""
    for name in node.flows.values():
        body = spec.flows.get(name)
        for inner in body.nodes if body else ():
            assert body is not None
            yield from _keys(body, inner, _fed(body), catalogue)
    signature = look_up(node, catalogue)
    if signature is None or signature.effect is not Effect.STORE:
        return
    ports = [signature.input(name) for name in (signature.record_key or "").split("/")]
    known = [
        node.values.get(port.name, port.default) for port in ports
        if port and (node.id, port.name) not in fed
    ]  # fmt: skip
    parts = [part for part in known if isinstance(part, str)]
    if len(parts) == len(ports) and ports[-1]:
        yield f"{_what(node.block)} {'/'.join(parts)!r}", ports[-1].name


def _what(block: str) -> str:
    """What the blocks of a family write: `feed.append` a feed; others' own, records."""
    family = "" if ":" in block else block.partition(".")[0]
    return "record" if family in ("", "records") else family


def _fed(spec: FlowSpec) -> set[tuple[str, str]]:
    return {(edge.target.node, edge.target.port) for edge in spec.edges}
