"""Everything the gateway can do, as methods."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from ..errors import LabError, Problem
from ..ids import Json
from .address import Address, find_address
from .stream import PAGE, EventStream
from .transport import Transport
from .triggers import Triggers
from .values import expired, read_blob
from .waiting import Waiting
from .wire import (
    Blob,
    Expired,
    Health,
    Kept,
    Limit,
    OpenQuestion,
    PlanReport,
    Retained,
    RunDetail,
    RunEvent,
    RunStarted,
    RunSummary,
    ShippedModule,
    Steered,
    Sweep,
    Value,
    read,
    to_json,
)

if TYPE_CHECKING:
    import httpx

    from ..flow.model import FlowSpec
    from ..flow.payload import Payload
    from ..flow.signature import Signature
    from .memory import Memory


class Client:
    """Talks to one gateway. Threads may share it; `with` closes it.

    Requests that are safe to repeat are repeated while the gateway is being restarted; starting a
    run is one of them, because each start carries a key of its own.
    """

    def __init__(self, address: Address | None = None, *, patience_s: float = 5.0) -> None:
        self.address = address or find_address()
        self._transport = Transport(self.address, patience_s=patience_s)
        self.triggers = Triggers(self._transport)
        """Schedules and webhooks, and signals between flows."""

    @cached_property
    def memory(self) -> "Memory":
        """The Memory Tree of the workspace."""
        from .memory import Memory

        return Memory(self._transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def health(self) -> Health:
        """How the runtime feels."""
        return read(Health, self._transport.get("/health"))

    # --- runs ---------------------------------------------------------------------------------

    def start(
        self,
        flow: "FlowSpec",
        inputs: Mapping[str, Json] | None = None,
        code: Iterable[ShippedModule] = (),
        *,
        refs: "Mapping[str, Payload] | None" = None,
        key: str | None = None,
        reuse: str | None = None,
        anew: Iterable[str] = (),
        breakpoints: Mapping[str, str | None] | None = None,
        paused: bool = False,
        priority: str | int | None = None,
    ) -> RunStarted:
        """Start a run. The same `key` twice gives the same run, not two.

        Args:
            flow: What to run.
            inputs: On what, as far as it is JSON.
            refs: The inputs that are none, such as tables; their bytes are sent first.
            code: The caller's own blocks that it uses.
            key: The caller's name for this wish.
            reuse: A run whose records are taken over as far as nothing they depend on changed.
            anew: Nodes that run in any case.
            breakpoints: Nodes before which it pauses, each with a condition, or None for always.
            paused: Whether it waits to be resumed or stepped, instead of going on.
            priority: How urgent: high, normal, low, or a number from 1 (goes first) to 1000.
        """
        body: dict[str, Any] = {"flow": _flow(flow), "inputs": dict(inputs or {})}
        body["code"] = _code(code)
        if refs:
            body["refs"] = self._send_all(refs)
        if reuse is not None:
            body |= {"reuse": reuse, "anew": list(anew)}
        if breakpoints or paused:
            body["breakpoints"] = dict(breakpoints or {})
            body["paused"] = paused
        if priority is not None:
            body["priority"] = priority
        headers = {"Idempotency-Key": key or str(uuid4())}
        return read(RunStarted, self._transport.post("/runs", body, headers=headers))

    def fork(
        self,
        run_id: str,
        *,
        at: str | None = None,
        values: Mapping[str, Mapping[str, Json]] | None = None,
        inputs: Mapping[str, Json] | None = None,
        refs: "Mapping[str, Payload] | None" = None,
        key: str | None = None,
    ) -> RunStarted:
        """Start a run like another one. What is not downstream of a change is not run again.

        Args:
            run_id: The other run.
            at: A node that runs in any case, with all that is downstream of it.
            values: Other literals, by node and port.
            inputs: Other inputs of the flow, by name.
            refs: The same for inputs that are no JSON.
            key: The caller's name for this wish.
        """
        body = {"at": at, "values": dict(values or {}), "inputs": dict(inputs or {})}
        if refs:
            body["refs"] = self._send_all(refs)
        headers = {"Idempotency-Key": key or str(uuid4())}
        return read(RunStarted, self._transport.post(f"/runs/{run_id}/fork", body, headers=headers))

    def replay(self, run_id: str, *, key: str | None = None) -> RunStarted:
        """Start a run that computes another one again; its output `result` is the verdict.

        Args:
            run_id: The other run. Nothing is written to it.
            key: The caller's name for this wish.
        """
        headers = {"Idempotency-Key": key or str(uuid4())}
        return read(RunStarted, self._transport.post(f"/runs/{run_id}/replay", headers=headers))

    def send(self, payload: "Payload") -> Blob:
        """Keep the bytes of a value that is no JSON; twice is once."""
        answer = self._transport.send(
            "POST",
            "/blobs",
            content=bytes(payload.data),
            headers={"Content-Type": payload.media_type},
        )
        kept = read(Blob, answer.json())
        sketch = payload.sketch
        return kept if sketch is None else replace(kept, about=sketch.about, head=sketch.head)

    def _send_all(self, refs: "Mapping[str, Payload]") -> dict[str, Json]:
        return {name: to_json(self.send(payload)) for name, payload in refs.items()}

    def runs(
        self, *, limit: int = 50, status: str | None = None, stuck: bool = False
    ) -> list[RunSummary]:
        """The latest runs, newest first; `stuck` ones nothing will move again."""
        params: dict[str, str | int] = {"limit": limit}
        if status:
            params["status"] = status
        if stuck:
            params["stuck"] = 1
        return [read(RunSummary, item) for item in self._transport.get("/runs", params)["runs"]]

    def run(self, run_id: str) -> RunDetail:
        """All that is known of a run.

        Raises:
            RunNotFound: No run has this id.
        """
        return read(RunDetail, self._transport.get(f"/runs/{run_id}"))

    def flow(self, run_id: str) -> "FlowSpec":
        """The flow that a run is pinned to."""
        from ..flow.codec import parse

        return parse(self._transport.get(f"/runs/{run_id}/flow"))

    def graph(self, run_id: str) -> dict[str, Json]:
        """The flow that a run is pinned to, as a canvas draws it."""
        drawn: dict[str, Json] = self._transport.get(f"/runs/{quote(run_id)}/graph")
        return drawn

    def wait(self, run_id: str, *, timeout: float | None = None) -> RunDetail:
        """Wait for the end of a run.

        Raises:
            StillRunning: It has not ended after `timeout` seconds.
        """
        return Waiting(self, run_id).aside(timeout)

    def cancel(self, run_id: str) -> None:
        """Stop a run at its next step."""
        self._transport.post(f"/runs/{run_id}/cancel")

    def pause(self, run_id: str) -> Steered:
        """Let a run start nothing more; it is paused when what is under way is recorded."""
        return read(Steered, self._transport.post(f"/runs/{run_id}/pause"))

    def resume(self, run_id: str) -> Steered:
        """Let a paused run go on."""
        return read(Steered, self._transport.post(f"/runs/{run_id}/resume", repeatable=False))

    def step(self, run_id: str) -> Steered:
        """Let a paused run start one node, then pause again."""
        return read(Steered, self._transport.post(f"/runs/{run_id}/step", repeatable=False))

    def break_at(self, run_id: str, node: str, *, when: str | None = None) -> Steered:
        """Let a run pause before a node, on a condition over its inputs, or always."""
        path = f"/runs/{run_id}/breakpoints/{quote(node)}"
        return read(Steered, self._transport.request("PUT", path, body={"when": when}))

    def clear_break(self, run_id: str, node: str) -> Steered:
        """Let a run no longer pause before a node."""
        path = f"/runs/{run_id}/breakpoints/{quote(node)}"
        return read(Steered, self._transport.request("DELETE", path))

    def change(
        self,
        run_id: str,
        node: str,
        values: Mapping[str, Json],
        *,
        refs: "Mapping[str, Payload] | None" = None,
    ) -> Steered:
        """Put values in the place of a node's, by port, while the run is paused.

        Of its outputs, if the node is recorded; else of its literals. Its record stays as it is.

        Args:
            run_id: The run.
            node: The node.
            values: What is to count instead, as far as it is JSON.
            refs: Outputs that are none; their bytes are sent first.
        """
        body: dict[str, Any] = {"values": dict(values), "refs": self._send_all(refs or {})}
        path = f"/runs/{run_id}/values/{quote(node)}"
        return read(Steered, self._transport.request("PUT", path, body=body))

    def questions(self, *, mine: bool = False, limit: int = 200) -> list[OpenQuestion]:
        """What runs ask and nobody has answered; with `mine`, only what we may answer."""
        params: dict[str, str | int] = {"limit": limit, "mine": int(mine)}
        found = self._transport.get("/questions", params)["questions"]
        return [read(OpenQuestion, item) for item in found]

    def answer(
        self,
        run_id: str,
        question_id: str,
        answer: Json,
        *,
        inputs: Mapping[str, Json] | None = None,
        outputs: Mapping[str, Json] | None = None,
        reason: str = "",
        via: str = "python",
    ) -> None:
        """Answer what a run asks.

        Args:
            run_id: The run.
            question_id: The question.
            answer: A choice; for questions in one's own words, the value.
            inputs: To approve with other inputs: those that are changed.
            outputs: To take an interrupted step as `done`: what it would have returned.
            reason: Why; a rejection needs one.
            via: Where it is said; recorded with the answer.

        Raises:
            AnsweredAlready: Somebody was first; says who.
            QuestionExpired, QuestionMoot, RunEnded: It is too late.
            NotAsked: It is for somebody else.
            WrongAnswer, EditInvalid: It does not fit; says what would.
        """
        path = f"/runs/{quote(run_id)}/questions/{quote(question_id)}/answer"
        body: dict[str, Json] = {"answer": answer, "reason": reason, "via": via}
        if inputs:
            body["inputs"] = dict(inputs)
        if outputs:
            body["outputs"] = dict(outputs)
        self._transport.post(path, body, repeatable=False)

    # --- limits ---------------------------------------------------------------------------------

    def limits(self) -> list[Limit]:
        """How many runs may be under way at once: of the workspace, and of its flows."""
        return [read(Limit, item) for item in self._transport.get("/limits")["limits"]]

    def set_limit(self, at_once: int, *, flow: str = "") -> None:
        """Let no more than so many runs be under way at once, of a flow or of the workspace."""
        self._transport.request("PUT", _limit(flow), body={"at_once": at_once})

    def remove_limit(self, *, flow: str = "") -> None:
        """Take a limit away.

        Raises:
            LabError: There is none (`limit_not_found`).
        """
        self._transport.request("DELETE", _limit(flow), repeatable=False)

    # --- retention ---------------------------------------------------------------------------

    def retention(self) -> Retained:
        """How long values are kept, and what a sweep would let go of now."""
        return read(Retained, self._transport.get("/retention"))

    def would_let_go(self, kept: Kept) -> Sweep:
        """What a sweep would let go of under another policy."""
        return read(Sweep, self._transport.post("/retention/would", to_json(kept)))

    def keep(self, kept: Kept) -> Retained:
        """Choose how long values are kept."""
        body = json.dumps(to_json(kept)).encode()
        headers = {"Content-Type": "application/json"}
        answer = self._transport.send("PUT", "/retention", content=body, headers=headers)
        return read(Retained, answer.json())

    def sweep(self) -> Iterator[Sweep]:
        """Let go of what is due, part by part."""
        more = True
        while more:
            part = read(Sweep, self._transport.post("/retention/sweep"))
            more = part.more
            yield part

    # --- events and values ----------------------------------------------------------------------

    def events(self, run_id: str, *, after: int = 0) -> Iterator[RunEvent]:
        """The events there are now, oldest first."""
        while page := self._page(run_id, after):
            yield from page
            after = page[-1].seq

    def _page(self, run_id: str, after: int) -> list[RunEvent]:
        params = {"after": after, "limit": PAGE}
        page = self._transport.get(f"/runs/{run_id}/events", params)["events"]
        return [read(RunEvent, item) for item in page]

    def follow(
        self,
        run_id: str,
        *,
        after: int = 0,
        patience_s: float = 60.0,
        on_lost: Callable[[LabError], None] | None = None,
    ) -> EventStream:
        """The events from a position on, as they happen, until the run ends."""
        return EventStream(
            self._transport, run_id, after=after, patience_s=patience_s, on_lost=on_lost
        )

    def blob(self, ref: str) -> "Payload":
        """The bytes of a value that travels by reference."""
        from ..flow.payload import Payload

        answer = self._transport.send("GET", f"/blobs/{ref}")
        media_type = answer.headers.get("content-type", "application/octet-stream")
        return Payload(answer.content, media_type.partition(";")[0])

    def json_value(self, value: Value) -> Json:
        """A JSON value, fetched if it travels by reference. Raises `PayloadExpired`."""
        if isinstance(value, Expired):
            raise expired(value)
        if not isinstance(value, Blob):
            return value.json
        fetched: Json = json.loads(bytes(self.blob(value.ref).data))
        return fetched

    def value(self, value: Value) -> object:
        """A value as Python knows it: JSON, a DataFrame, an array, an image, bytes.

        Raises:
            PayloadExpired: It is no longer kept.
            CannotRead: Its bytes are gone, or nothing here reads them.
        """
        if isinstance(value, Expired):
            raise expired(value)
        if not isinstance(value, Blob):
            return value.json
        return read_blob(value, self.blob)

    def forward(self, method: str, path: str, content: bytes | None = None) -> "httpx.Response":
        """Send a request that somebody else wrote, with a path below the API's root."""
        headers = {} if content is None else {"Content-Type": "application/json"}
        return self._transport.send(
            method, path, content=content, headers=headers, repeatable=method == "GET"
        )

    # --- flows ------------------------------------------------------------------------------------

    def blocks(self) -> "list[Signature]":
        """The blocks that the runtime has."""
        from ..flow.signature import Signature

        return [Signature.model_validate(item) for item in self._transport.get("/blocks")["blocks"]]

    def check(self, flow: "FlowSpec", code: Iterable[ShippedModule] = ()) -> list[Problem]:
        """Everything that is wrong with a flow."""
        body = {"flow": _flow(flow), "code": _code(code)}
        found = self._transport.post("/flows/check", body)["problems"]
        return [read(Problem, item) for item in found]

    def plan(
        self, flow: "FlowSpec", code: Iterable[ShippedModule] = (), *, strict: bool = False
    ) -> PlanReport:
        """How the runtime would run a flow."""
        body = {"flow": _flow(flow), "code": _code(code), "strict": strict}
        return read(PlanReport, self._transport.post("/flows/plan", body))


def _flow(flow: "FlowSpec") -> dict[str, Any]:
    from ..flow.codec import dumps

    plain: dict[str, Any] = json.loads(dumps(flow))
    return plain


def _limit(flow: str) -> str:
    return f"/limits/{quote(flow, safe='')}" if flow else "/limits"


def _code(code: Iterable[ShippedModule]) -> list[dict[str, Any]]:
    return [module.to_json() for module in code]
