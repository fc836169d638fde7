"""What a body prints becomes lines of its step's log, and never holds the body up."""

import asyncio
import os
from collections.abc import Callable

from .child import LINE_MAX

_CHUNK = 64 * 1024
FREELY = 4 * 1024 * 1024
"""Bytes read as they come; whoever prints more is read in steps, so that the loop has its time."""
PAUSE_S = 0.01


class Printed:
    """Reads a pipe on the loop, line by line."""

    def __init__(self, pipe: int, log: Callable[[str, str], None]) -> None:
        os.set_blocking(pipe, False)
        self._pipe = pipe
        self._log = log
        self._line = bytearray()
        self._read = 0
        self._pause: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pipe, self._take)

    def close(self) -> None:
        """Say what is left, then stop reading."""
        while self._read < FREELY and self._take():
            pass
        if self._line:
            self._say()
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)

    def _take(self) -> bool:
        """Read once. False when there is nothing (more) to read now."""
        try:
            data = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._pipe)
            return False
        self._read += len(data)
        if self._read > FREELY:
            self._loop.remove_reader(self._pipe)
            self._pause = self._loop.call_later(
                PAUSE_S, self._loop.add_reader, self._pipe, self._take
            )
        *whole, rest = data.split(b"\n")
        for line in whole:
            self._add(line)
            self._say()
        self._add(rest)
        return True

    def _add(self, part: bytes) -> None:
        """To the line under way, of which no more is held than is kept."""
        self._line += part
        if len(self._line) > LINE_MAX + 1:
            moved = b"\r" if self._line.endswith(b"\r") else b""
            self._line = self._shown()[: LINE_MAX + 1] + moved

    def _shown(self) -> bytearray:
        """What a terminal would show of it: a bar that redraws itself, in its last state."""
        return self._line.rstrip(b"\r").rpartition(b"\r")[2]

    def _say(self) -> None:
        text = self._shown().decode(errors="replace")
        self._line.clear()
        if text.strip():
            self._log("info", text if len(text) <= LINE_MAX else f"{text[:LINE_MAX]}…")
