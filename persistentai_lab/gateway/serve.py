"""The gateway process: composes the app and serves it on a unix socket or on TCP."""

import asyncio
import gc
import logging
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import uvicorn

from .. import loop
from ..blocks.registry import catalogue
from ..engine.commands.commands import Commands
from ..engine.commands.limits import Limits
from ..engine.commands.signals import Signals
from ..engine.commands.steering import Steering
from ..engine.legs import migrate, sync_engine
from ..engine.retention import Retention
from ..engine.triggers.triggers import Triggers
from ..security.identity import Identity, ensure_token, identity_key
from ..storage.bell import Bell
from ..storage.blobs import Blobs
from ..storage.browse import Browse
from ..storage.garbage import Garbage
from ..storage.hints import Hints
from ..storage.home import Home
from ..storage.hub import Hub
from ..storage.memory import MemoryTree
from ..storage.outside import chosen
from ..storage.policy import Policies
from ..storage.pool import is_away, make_pool
from ..storage.runs import Runs
from ..storage.triggers import TriggerReads
from ..uncaught import tell_of
from .app import create_app
from .server import QuietServer
from .services import Services
from .sockets import PatientWebSocket, listen_on_path, listen_on_port

HOST = "127.0.0.1"
PORT = 8787
IDLE_CONNECTION_S = 75
"""Far longer than clients keep a connection that nothing goes over (httpx: 5 s): who lets go first
must not be the server, or now and then a request is sent into one that is just being closed.
"""

log = logging.getLogger(__name__)


def serve(
    home: Home, *, uds: Path | None = None, host: str | None = None, port: int | None = None
) -> None:
    """The `persistentai serve` command: returns when told to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    listening = listen_on_path(uds) if uds else listen_on_port(host or HOST, port or PORT)
    with listening:
        loop.run(_serve(home, listening))


async def _serve(home: Home, listening: socket.socket) -> None:
    url = home.database_url
    engine = sync_engine(url, pool_size=4)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            make_pool(url, name="gateway", min_size=2, max_size=10, timeout_s=2.0)
        )
        migrating = tell_of(asyncio.create_task(_migrate(url), name="migrate"))
        stack.callback(migrating.cancel)
        hints = Hints(url)
        hinting = tell_of(asyncio.create_task(hints.send_forever(), name="hints"))
        stack.callback(hinting.cancel)
        builtin = catalogue()
        outside = chosen(home.blobs)
        policies, blobs = Policies(pool), Blobs(pool, outside)
        memory = MemoryTree(pool, blobs, hints)
        services = Services(
            commands=Commands(engine, builtin),
            steering=Steering(engine),
            limits=Limits(engine),
            triggers=Triggers(engine, builtin),
            signals=Signals(engine),
            runs=Runs(pool),
            trigger_reads=TriggerReads(pool),
            blobs=blobs,
            memory=memory,
            browse=Browse(pool, memory.files),
            bell=Bell(url),
            policies=policies,
            retention=Retention(pool, policies, Garbage(pool, outside)),
            hub=Hub(url, pool),
            pool=pool,
            builtin=builtin,
            identity_key=identity_key(home),
            token=ensure_token(home),
            local=Identity.local(),
        )
        config = uvicorn.Config(
            create_app(services),
            log_level="warning",
            access_log=False,
            ws=PatientWebSocket,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
            lifespan="on",
            timeout_keep_alive=IDLE_CONNECTION_S,
        )
        gc.freeze()  # what is here by now stays: to look through it again and again stops the loop
        await QuietServer(config).serve(sockets=[listening])


async def _migrate(database_url: str) -> None:
    """Bring the tables up to date as soon as the database is there; until then answers are 503."""
    while True:
        try:
            return await asyncio.to_thread(migrate, database_url)
        except Exception as error:
            if not is_away(error):
                log.exception("the database can't be brought up to date")
                raise
        await asyncio.sleep(0.3)
