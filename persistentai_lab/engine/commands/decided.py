"""What a person must say who takes a step as done: the outputs that the rest of the flow needs."""

from collections.abc import Iterator, Mapping

from ...errors import LabError
from ...flow.literals import value_misfit
from ...ids import Json
from ..records.record import Version


class AnswerIncomplete(LabError):
    """A step is to be taken as done, but what it would have returned is missing or misfits."""

    code = "answer_incomplete"
    http_status = 422


def insist_on_outputs(version: Version, node_id: str, outputs: Mapping[str, Json]) -> None:
    """Raise `AnswerIncomplete` unless the rest of the flow can go on with these outputs."""
    wrong = "; ".join(_wrong(version, node_id, outputs))
    if wrong:
        raise AnswerIncomplete(
            f"{node_id!r} can't be taken as done: {wrong}.",
            remedy="Say with the answer, as `outputs`, what the step would have returned.",
        )


def _wrong(version: Version, node_id: str, outputs: Mapping[str, Json]) -> Iterator[str]:
    version, node = version.locate(node_id)
    spec = version.spec
    used = {edge.source.port for edge in spec.edges if edge.source.node == node.id}
    used |= {port.port for port in spec.outputs.values() if port.node == node.id}
    ports = {port.name: port for port in version.signature(node).outputs}
    for name in sorted(used - outputs.keys()):
        yield f"output {name!r} is used and has no value"
    for name, value in outputs.items():
        if name not in ports:
            yield f"it has no output {name!r}"
        elif why := value_misfit(value, ports[name].type):
            yield f"output {name!r}: {why.rstrip('.')}"
