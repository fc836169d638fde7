"""`control.start`: another flow, as a run of its own."""

import json

from ...errors import Conflict, FlowInvalid, NodeError
from ...events import model as events
from ...flow.check import check_inputs
from ...flow.codec import flow_hash
from ...flow.signature import code_unit
from ...ids import Json
from ...security.identity import Identity
from ..commands.pinned import Asked, Pinned
from ..records.record import Version, all_nodes, version_key
from ..records.values import Value, raw_object
from ..steps.spawning import Wish
from ..steps.step import Step
from .step import OPENED_MAX, RESULT, FanOutTooLarge


class StartStep(Step):
    """The step that starts a run. It has no body: what it does is part of its own record."""

    may_run_ahead = False

    async def attempt(self) -> bool:
        """Start the run, in the transaction that records this step."""
        self._begin()
        leg = self._leg
        leg.opened += 1
        if leg.opened > OPENED_MAX:
            raise FanOutTooLarge(
                f"This run would start or open more than {OPENED_MAX:,} flows.",
                remedy="Work on batches of items (`lists.batches`).",
            )
        asked = await self._asked_for()
        outputs = {RESULT: Value.of_json(asked.run)}
        started = events.NodeStarted(block=self._node.block, worker=leg._worker)
        spawned = events.ChildSpawned(child=asked.run, flow=asked.version.name)
        row = self._row("completed", outputs=raw_object(outputs))
        facts: list[events.Event] = [started, spawned, self._completed(outputs)]
        await leg._recorder.flush()  # what came before is told before
        self.is_acting = True  # from here on nobody keeps the run from being started
        try:
            await leg.spawn(Wish(asked, leg._recorder.who, row, facts))
        except (Conflict, FlowInvalid) as error:
            raise NodeError(error.message, remedy=error.remedy) from error
        self._scope.outputs[self._key] = outputs
        return True

    async def _asked_for(self) -> Asked:
        version = self._scope.version.inner(self._node.flows["flow"])
        inputs, refs = await self._given(version)
        media_types = {name: str(ref["media_type"]) for name, ref in refs.items()}
        problems = check_inputs(version.spec, inputs, media_types)
        if problems:
            raise NodeError(
                "; ".join(f"{it.port}: {it.message.rstrip('.')}" for it in problems) + ".",
                remedy="Give the flow what it asks for.",
            )
        record = self._record
        units = {code_unit(node.block) for node in all_nodes(version.spec)} - {None}
        return Asked(
            Identity(user=record.caller, workspace=record.workspace),
            f"{record.run}/{self._path}",
            _pinned(version),
            {unit: sha256 for unit, sha256 in record.code.items() if unit in units},
            inputs,
            refs,
            owner=record.owner,
            parent=record.run,
        )

    async def _given(self, version: Version) -> tuple[dict[str, Json], dict[str, dict[str, Json]]]:
        """Inputs of the new run: those that are JSON, and those that lie by reference."""
        inputs: dict[str, Json] = {
            name: port.default for name, port in version.spec.inputs.items() if port.has_default
        }
        refs: dict[str, dict[str, Json]] = {}
        for name, value in self._arriving().items():
            kept = value
            if value.sha256 is None and value.payload is not None:  # perhaps a literal, or an item
                kept = await self._leg._values.keep(value.payload)
            if kept.sha256 is None:
                assert kept.payload is not None
                inputs[name] = json.loads(bytes(kept.payload.data))
            else:
                inputs.pop(name, None)
                refs[name] = json.loads(kept.raw)
        return inputs, refs


def _pinned(version: Version) -> Pinned:
    spec = version.spec
    used = {version_key(node): version.signature(node) for node in all_nodes(spec)}
    defaults = {name: port.default for name, port in spec.inputs.items() if port.has_default}
    return Pinned(spec.name, spec, version.plan, used, defaults, flow_hash(spec))
