"""Our engine, asked from outside: runs are started by command, and their end is heard of."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

import psycopg

from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.engine.commands.commands import Commands
from persistentai_lab.engine.legs import sync_engine
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.security.identity import Identity
from persistentai_lab.storage.home import STATE_VARIABLE, Home

ME = Identity(user="bench")
LOOK_S = 0.1
Start = Callable[[FlowSpec], Awaitable[str]]


def new_home() -> Home:
    """A home of its own, with its own Postgres."""
    folder = Path(tempfile.mkdtemp(prefix="pai-bench-"))
    folder.chmod(0o755)
    return Home.open(folder / "home", {STATE_VARIABLE: str(folder / "state")})


class Asker:
    """Starts runs and waits for their ends: a run ends when its row says so."""

    def __init__(self, url: str, start: Start | None = None) -> None:
        """By command, unless `start` starts them otherwise."""
        self._url = url
        self._start = start or self._command
        self._stack = AsyncExitStack()
        self._ended: dict[str, asyncio.Event] = {}
        self._events: dict[str, int] = {}
        """So many events a run will have at least: before, it is not worth a look."""

    async def __aenter__(self) -> "Asker":
        engine = sync_engine(self._url, pool_size=8)
        self._stack.callback(engine.dispose)
        self._commands = Commands(engine, catalogue())
        listening = asyncio.Event()
        watch = asyncio.create_task(self._watch(listening))
        self._stack.callback(watch.cancel)
        await listening.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def run(self, spec: FlowSpec) -> str:
        """Run a flow to its end. Returns the run's id."""
        run, _ = await self.timed(spec)
        return run

    async def timed(self, spec: FlowSpec) -> tuple[str, float]:
        """The same, and how many seconds it took until the run was accepted."""
        began = time.perf_counter()
        run = await self._start(spec)
        asked_s = time.perf_counter() - began
        self._events[run] = 2 * len(spec.nodes)
        await self._ended.setdefault(run, asyncio.Event()).wait()
        del self._ended[run], self._events[run]
        return run, asked_s

    async def runs(self, spec: FlowSpec, count: int, at_once: int) -> None:
        """Run a flow `count` times, `at_once` at a time."""
        left = iter(range(count))

        async def some() -> None:
            for _ in left:
                await self.run(spec)

        await asyncio.gather(*(some() for _ in range(at_once)))

    async def _command(self, spec: FlowSpec) -> str:
        return (await self._commands.start(spec, {}, (), ME)).run

    async def _watch(self, listening: asyncio.Event) -> None:
        async with (
            await psycopg.AsyncConnection.connect(self._url, autocommit=True) as hints,
            await psycopg.AsyncConnection.connect(self._url, autocommit=True) as reader,
        ):
            await hints.execute("LISTEN pai_events")
            listening.set()
            looked = 0.0
            async for notice in hints.notifies():
                heads = [word.rpartition(":") for word in notice.payload.split()]
                runs = [run for run, _, seq in heads if int(seq) >= self._events.get(run, 0)]
                if time.monotonic() - looked > LOOK_S:
                    runs = list({*runs, *self._events})  # one may have failed before its time
                if not runs:
                    continue
                looked = time.monotonic()
                cursor = await reader.execute(
                    "SELECT id FROM pai.run WHERE id = ANY(%s) AND ended_at IS NOT NULL",
                    (runs,),
                    prepare=True,
                )
                for (run,) in await cursor.fetchall():
                    self._ended.setdefault(run, asyncio.Event()).set()
