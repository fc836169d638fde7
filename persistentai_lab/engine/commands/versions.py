"""Flows that were checked and compiled lately: to start one again, it need only be known."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from ...errors import FlowInvalid
from ...flow.check import check_inputs
from ...flow.model import FlowSpec
from ...flow.signature import Signature
from ...ids import Json
from .pinned import Pinned, Refs, media_types, pin

KEPT = 64
LONGEST = 256 * 1024
"""Bytes of a flow's text: larger ones are worked out each time, rather than kept."""

_Key = tuple[str, ...]


class Versions:
    """Pins flows, and remembers those that were pinned last. Called from any thread."""

    def __init__(self, builtin: Mapping[str, Signature]) -> None:
        self._builtin = builtin
        self._known: OrderedDict[_Key, tuple[FlowSpec, Pinned]] = OrderedDict()
        self._lock = threading.Lock()

    def catalogue(self, theirs: Mapping[str, Signature]) -> Mapping[str, Signature]:
        """All blocks that a flow may use: installed ones, and the caller's own."""
        return {**self._builtin, **theirs}

    def pin(
        self,
        flow: FlowSpec,
        inputs: Mapping[str, Json],
        refs: Refs,
        theirs: Mapping[str, Signature],
    ) -> Pinned:
        """Check and compile. Raises `FlowInvalid` with every problem of the flow and the inputs."""
        signatures = (theirs[name].model_dump_json() for name in sorted(theirs))
        key = (flow.model_dump_json(exclude_unset=True), *signatures)
        found = self._find(key, flow)
        if found is None:
            found = pin(flow, inputs, refs, self.catalogue(theirs))
            self._keep(key, flow, found)
        elif problems := check_inputs(flow, inputs, media_types(refs)):
            raise FlowInvalid(problems)
        return found

    def _find(self, key: _Key, flow: FlowSpec) -> Pinned | None:
        with self._lock:
            known = self._known.get(key)
            if known is None or known[0] != flow:  # JSON has one word for null and NaN
                return None
            self._known.move_to_end(key)
            return known[1]

    def _keep(self, key: _Key, flow: FlowSpec, version: Pinned) -> None:
        if len(key[0]) > LONGEST:
            return
        with self._lock:
            self._known[key] = flow, version
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
