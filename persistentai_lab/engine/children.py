"""Pooled child processes, each with a wire of its own.

The wire is neither standard input nor output: a body may print, and start programs that do,
without getting in between. A child is waited for before a body's time begins to run.
"""

import asyncio
import pickle
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass

from .child import READY, SIZE_BYTES, Call, Reply, Word
from .context import Say

IDLE_S = 300.0
"""A child that nobody needed for so long is let go."""

_CODE = (
    "import sys; sys.path[:] = {path!r}; from persistentai_lab.engine.child import serve; "
    "serve({wire})"
)


class ChildDied(Exception):
    """The process ended before it answered."""


@dataclass(slots=True, eq=False)
class _Child:
    process: "subprocess.Popen[bytes]"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    idle_since: float = 0.0

    @classmethod
    async def start(cls) -> "_Child":
        try:
            ours, theirs = socket.socketpair()
            with theirs:
                process = _spawn(theirs.fileno())
        except OSError as error:  # too many processes or open files, too little memory
            raise ChildDied(str(error)) from error
        child = cls(process, *await asyncio.open_connection(sock=ours, limit=1 << 20))
        try:
            await child._read(len(READY))
        except BaseException:
            child.end()
            raise
        return child

    async def ask(self, call: Call, say: Say) -> Reply:
        request = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        try:
            self.writer.write(len(request).to_bytes(SIZE_BYTES) + request)
            await self.writer.drain()
        except OSError as error:
            raise ChildDied from error
        while True:
            size = int.from_bytes(await self._read(SIZE_BYTES))
            frame: Reply | Word = pickle.loads(await self._read(size))
            match frame:
                case ("log", str(level), str(message)):
                    say.log(level, message)
                case ("progress", float(done), total):
                    say.progress(done, total)
                case Reply():
                    return frame

    async def _read(self, size: int) -> bytes:
        try:
            return await self.reader.readexactly(size)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ChildDied from error

    def end(self) -> None:
        self.writer.close()
        self.process.kill()
        # Whoever dies with much memory dies slowly: not while the loop waits.
        asyncio.get_running_loop().run_in_executor(None, self.process.wait)


def _spawn(wire: int) -> "subprocess.Popen[bytes]":
    """By the loop's own thread: the kernel ends a child with the thread that started it."""
    return subprocess.Popen(
        [sys.executable, "-c", _CODE.format(path=sys.path, wire=wire)],
        pass_fds=[wire],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Children:
    """Runs calls in children, so many at once as there are places."""

    def __init__(self, most: int) -> None:
        self._places = asyncio.Semaphore(most)
        self._idle: deque[_Child] = deque()

    async def perform(self, call: Call, say: Say, *, timeout_s: float | None) -> Reply:
        """Have a body run. A child whose body is cancelled or too slow is killed.

        Raises:
            ChildDied: The process ended in the middle.
            TimeoutError: The body took longer than `timeout_s`.
        """
        async with self._places:
            child = await self._take()
            try:
                async with asyncio.timeout(timeout_s):
                    reply = await child.ask(call, say)
            except BaseException:
                child.end()
                raise
            self._put_back(child)
            return reply

    async def warm(self) -> None:
        """Have one child ready."""
        async with self._places:
            self._put_back(await self._take())

    def close(self) -> None:
        """Let go of idle children; those at work end with this process."""
        while self._idle:
            self._idle.pop().writer.close()

    async def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.process.poll() is None:
                return child
            child.end()
        return await _Child.start()

    def _put_back(self, child: _Child) -> None:
        child.idle_since = time.monotonic()
        self._idle.append(child)
        while self._idle[0].idle_since < child.idle_since - IDLE_S:
            self._idle.popleft().end()
