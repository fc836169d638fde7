"""The worker process: takes legs, beats, notices dead workers, hands their runs on.

`kill -9` it at any moment. What it holds is a slot (`slot.py`).
"""

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any

import psycopg

from .. import loop
from ..blocks.registry import catalogue
from ..ids import RunId
from ..security.identity import Identity
from ..storage.blobs import Blobs
from ..storage.garbage import Garbage
from ..storage.hints import ANSWERS, CANCELS, LEGS, WISHES, Hints
from ..storage.home import Home
from ..storage.listening import listening
from ..storage.memory import MemoryTree
from ..storage.outside import chosen
from ..storage.policy import Policies
from ..storage.pool import Pool, is_away, make_pool
from ..uncaught import tell_of
from .ability import had
from .bodies.body import Bodies
from .bodies.children import ChildDied
from .commands.commands import Commands
from .commands.signals import Signals
from .leg import Legs
from .legs import LOOK, PROTOCOL, QUEUE, SLOT_LOCK, Executor, migrate, sync_engine
from .records.writer import Writer
from .retention import Retention
from .slot import BEAT_S, FREE_S, LEASE_S, Slot, Watch
from .steps.spawning import Spawner
from .triggers.triggers import Triggers

GRACE_S = 5.0
"""A leg that nobody walks is put back after this; a fresh claim takes milliseconds to begin."""
EXPIRING_S = 0.5
"""How long one look sees to what is due; of 100,000 that wake at once, the rest comes later."""
FIRING_S = 0.5
"""How long one look starts what schedules say; the rest comes with the next."""
CHANNELS = LEGS, CANCELS, WISHES, ANSWERS
LEGS_AT_ONCE = 100
WARM_AFTER_S = 2.0
GOODBYE_S = 3.0
"""How long a worker that is told to stop may take to say goodbye."""


log = logging.getLogger(__name__)


class Worker:
    """One worker. Built by `run_worker`, which is the composition root."""

    def __init__(
        self,
        database_url: str,
        *,
        slot: Slot,
        executor: Executor,
        legs: Legs,
        commands: Commands,
        triggers: Triggers,
        signals: Signals,
        pool: Pool,
    ) -> None:
        self._database_url = database_url
        self._slot = slot
        self._executor = executor
        self._legs = legs
        self._commands = commands
        self._triggers = triggers
        self._signals = signals
        self._pool = pool
        self._watch = Watch(slot.number)
        self._asides: set[asyncio.Task[None]] = set()

    async def work(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises `SlotLost`."""
        await self._executor.launch()
        duties = [
            asyncio.create_task(duty(), name=name)
            for name, duty in (
                ("beat", self._beat),
                ("listen", self._listen),
                ("take", self._take),
                ("signals", self._offer),
                ("look after", self._look_after),
            )
        ]
        stopped = asyncio.create_task(stop.wait())
        log.info("worker %s ready, pid %s", self._slot.executor, os.getpid())
        await asyncio.wait([*duties, stopped], return_when=asyncio.FIRST_COMPLETED)
        for duty in [*duties, stopped]:
            duty.cancel()
        results = await asyncio.gather(*duties, return_exceptions=True)
        self._legs.drop(self._legs.walking())
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _beat(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LEASE_S):
                    await self._slot.hold(self._database_url)
            except (psycopg.Error, TimeoutError) as error:
                log.warning("no beat: %s", error)
                await self._slot.connection.close()
                await asyncio.sleep(0.25)
                continue
            await self._slot.rest(BEAT_S)

    async def _listen(self) -> None:
        """Take legs when told to, and once after every reconnect in case we were not."""
        while True:
            try:
                async with listening(
                    self._database_url, *CHANNELS, name="persistentai-worker"
                ) as notices:
                    self._executor.due.set()
                    self._aside(self._legs.heed())
                    self._aside(self._legs.look())
                    async for notice in notices:
                        if notice.channel == CANCELS:
                            self._legs.cancel(RunId(notice.payload))
                        elif notice.channel == WISHES:
                            self._aside(self._legs.heed(RunId(notice.payload)))
                        elif notice.channel == ANSWERS:
                            self._aside(self._legs.answered(RunId(notice.payload)))
                        else:
                            self._executor.due.set()
            except psycopg.Error as error:
                log.info("not listening: %s", error)
            await asyncio.sleep(0.2)

    def _aside(self, reading: Coroutine[Any, Any, None]) -> None:
        """Beside the listening, which the database may hold up."""
        task = tell_of(asyncio.create_task(reading, name="look aside"))
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def _take(self) -> None:
        await self._whenever(self._executor.due, self._executor.wake, "take legs")

    async def _offer(self) -> None:
        """Give signals that were just emitted to the runs that wait for them."""
        await self._whenever(self._signals.new, self._signals.offer_new, "offer signals")

    @staticmethod
    async def _whenever(
        told: asyncio.Event, look: Callable[[], Awaitable[object]], what: str
    ) -> None:
        """Look when told to; many hints that came meanwhile are one look."""
        while True:
            await told.wait()
            told.clear()
            try:
                await look()
            except Exception as error:  # whatever it was, the next look tries again
                if not is_away(error):
                    log.exception("could not %s; the next look will", what)

    async def _let_expire(self, *, within_s: float) -> bool:
        """See to what is due, and leave the rest to the next look. True when legs were queued."""
        until = time.monotonic() + within_s
        queued = False
        while (expired := await self._commands.expire()).count:
            queued = queued or bool(expired.queued)
            if time.monotonic() > until:
                break
        return queued

    async def _see_to_signals(self, *, some_new: bool, some_over: bool) -> None:
        if some_new:
            self._signals.new.set()
        if some_over:
            await self._signals.forget_expired()

    async def _look_after(self) -> None:
        """Each second: dead workers' legs, legs that nobody walks or may, runs without a leg."""
        while True:
            in_doubt = self._watch.has_doubts(time.monotonic())
            await asyncio.sleep(FREE_S if in_doubt else BEAT_S)
            try:
                await self._sweep()
            except Exception as error:
                self._watch.blind()
                if not is_away(error):
                    log.exception("sweep failed; the next one is in a second")

    async def _sweep(self) -> None:
        walked = self._legs.walking()
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                LOOK, {"queue": QUEUE, "lock": SLOT_LOCK}, prepare=True
            )
            row = await cursor.fetchone()
        assert row is not None
        beats, held, some_wait, some_lost, some_due, some_fire, some_new, some_over = row
        mine = set(held.get(self._slot.executor, ()))
        self._legs.drop(walked - mine)  # cancelled or taken over, and the hint got lost
        dead = [name for name in self._watch.dead(beats, time.monotonic()) if name in held]
        taken = await asyncio.to_thread(self._executor.recover, dead) if dead else 0
        if taken:
            log.warning("took %s legs over from %s", taken, ", ".join(dead))
        put_back: list[str] = []
        if mine - self._executor.walking():
            put_back += await asyncio.to_thread(self._executor.release_abandoned, grace_s=GRACE_S)
        if some_lost:
            put_back += await self._commands.requeue_lost(grace_s=GRACE_S)
        if put_back:
            log.warning("put back: %s", put_back)
        if some_due and await self._let_expire(within_s=EXPIRING_S):
            some_wait = True
        if some_fire and await self._triggers.fire_all(within_s=FIRING_S):
            some_wait = True
        await self._see_to_signals(some_new=some_new, some_over=some_over)
        if some_wait:
            await self._commands.tell_needs()
        if some_wait or taken or put_back:
            self._executor.due.set()
        await self._legs.look()  # for answers whose hint got lost
        await self._legs.heed()  # and wishes


async def serve_legs(home: Home) -> None:
    """Compose a worker and let it work until a signal stops it."""
    stop = asyncio.Event()

    def told_to_stop() -> None:
        stop.set()
        # Whatever waits for a silent database then has waited enough: any moment is good to end.
        ending = threading.Timer(GOODBYE_S, os._exit, (0,))
        ending.daemon = True
        ending.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop)
    url = home.database_url
    if not await _until_there(url, stop):
        return
    engine = sync_engine(url)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            make_pool(url, name="worker", min_size=2, max_size=8)
        )
        builtin = catalogue()
        has = had(builtin, PROTOCOL)
        slot = await Slot.take(url, has)
        stack.push_async_callback(slot.leave)
        hints = Hints(url)
        sending = tell_of(asyncio.create_task(hints.send_forever(), name="hints"))
        stack.callback(sending.cancel)
        outside = chosen(home.blobs)
        blobs = Blobs(pool, outside)
        bodies = Bodies(draft=blobs.draft)
        stack.callback(bodies.close)
        writer = Writer(pool, hints)
        stack.push_async_callback(writer.close)
        spawner, signals = Spawner(engine), Signals(engine)
        me = Identity.local().user
        memory = MemoryTree(pool, blobs, hints)
        legs = Legs(pool, writer, bodies, blobs, memory, spawner, slot.executor, signals, me)
        executor = Executor(
            sync_engine(url, is_durable=False),
            pool,
            slot.executor,
            legs.run,
            legs_at_once=LEGS_AT_ONCE,
            has=has.hash,
        )
        stack.callback(executor.stop)
        commands = Commands(engine, builtin)
        retention = Retention(pool, Policies(pool), Garbage(pool, outside))
        looking = tell_of(asyncio.create_task(retention.look_after(), name="retention"))
        stack.callback(looking.cancel)
        sealing = tell_of(
            asyncio.create_task(
                memory.history.seals.look_after(lambda: executor.took_lately), name="seals"
            )
        )
        stack.callback(sealing.cancel)
        warming = tell_of(asyncio.create_task(_warm(bodies), name="warm"))
        stack.callback(warming.cancel)
        worker = Worker(
            url,
            slot=slot,
            executor=executor,
            legs=legs,
            commands=commands,
            triggers=Triggers(engine, builtin),
            signals=signals,
            pool=pool,
        )
        gc.freeze()  # what is here by now stays: to look through it again and again stops the loop
        await worker.work(stop)


async def _warm(bodies: Bodies) -> None:
    """Once what was left behind is under way again: recovery comes first."""
    await asyncio.sleep(WARM_AFTER_S)
    try:
        await bodies.warm()
    except (ChildDied, OSError) as error:  # told again when a body needs one
        log.warning("no child process: %s", error)


async def _until_there(database_url: str, stop: asyncio.Event) -> bool:
    """Migrate, waiting for the database for as long as it takes. False when told to stop."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(migrate, database_url)
            return True
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("waiting for the database: %s", error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.3)
    return False


def run_worker(home: Home) -> None:
    """The `persistentai worker` command: returns when told to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    code = 0
    try:
        loop.run(serve_legs(home))
    except Exception:
        log.exception("this worker ends; another will go on with its runs")
        code = 1
    # Hung bodies hold threads that nothing can stop; their outcome is recorded, so don't wait.
    logging.shutdown()
    os._exit(code)
