"""Frames between a worker and its child processes: JSON, raw parts, open files. Never pickle.

A child that runs somebody else's code may say anything: nothing it sends is unpickled here, and
every size is bounded before a byte of it is read.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Sequence
from threading import Lock
from typing import Any, Self

Raw = bytes | bytearray | memoryview
Header = dict[str, Any]

_SIZES = struct.Struct(">IQ")
"""A frame begins with the size of its JSON and that of all its raw parts."""
HEADER_MAX = 32 * 1024 * 1024
PARTS_MAX = 1024 * 1024 * 1024
FILES_MAX = 250
"""The kernel passes on no more than 253 descriptors at once."""
_CLOSED_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)  # Linux


class NoFrame(Exception):
    """The other end closed the wire, or said what is no frame."""


class HungUp(NoFrame):
    """The other end closed the wire."""


def _frame(header: Header, parts: Sequence[Raw]) -> tuple[bytes, bytes]:
    text = json.dumps(header).encode()  # ASCII: no lone surrogate can break it
    return _SIZES.pack(len(text), sum(map(len, parts))), text


def _sizes(beginning: bytes, parts_max: int) -> tuple[int, int]:
    header, parts = _SIZES.unpack(beginning)
    if header > HEADER_MAX or parts > parts_max:
        raise NoFrame(f"a frame of {header + parts} bytes")
    return header, parts


def _read(text: Raw) -> Header:
    try:
        header = json.loads(bytes(text))
    except (ValueError, RecursionError) as error:
        raise NoFrame(str(error)) from None
    if not isinstance(header, dict):
        raise NoFrame("no JSON object")
    return header


def cut(data: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    """Raw parts by their sizes. Raises `NoFrame` when they don't add up."""
    if sum(sizes) != len(data) or any(size < 0 for size in sizes):
        raise NoFrame("parts that don't add up")
    at, parts = 0, []
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    return parts


class ChildWire:
    """A child's end: blocking, spoken into by any thread of it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._one_at_a_time = Lock()

    def fileno(self) -> int:
        """To wait for it."""
        return self._line.fileno()

    def send(self, header: Header, parts: Sequence[Raw] = ()) -> None:
        """Send a frame whole."""
        beginning, text = _frame(header, parts)
        with self._one_at_a_time:
            self._line.sendall(beginning + text)
            for part in parts:
                self._line.sendall(part)

    def receive(self) -> tuple[Header, memoryview, list[int]]:
        """The next frame with its raw parts in one, and the files that came with it.

        Raises:
            NoFrame: The worker is gone.
        """
        beginning, files, _, _ = socket.recv_fds(
            self._line, _SIZES.size, FILES_MAX, _CLOSED_ON_EXEC
        )
        rest = self._exactly(_SIZES.size - len(beginning))
        header, parts = _sizes(beginning + rest, PARTS_MAX)
        return _read(self._exactly(header)), self._exactly(parts), files

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _exactly(self, size: int) -> memoryview:
        data = memoryview(bytearray(size))
        at = 0
        while at < size:
            got = self._line.recv_into(data[at:])
            if not got:
                raise HungUp("the wire is closed")
            at += got
        return data


class Wire:
    """The worker's end, on its loop."""

    def __init__(
        self, line: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._line = line
        self._reader = reader
        self._writer = writer
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    async def over(cls, line: socket.socket) -> Self:
        """Takes the socket over, once it returns."""
        line.setblocking(False)
        return cls(line, *await asyncio.open_connection(sock=line.dup(), limit=1 << 20))

    async def send(
        self, header: Header, parts: Sequence[Raw] = (), files: Sequence[int] = ()
    ) -> None:
        """Send a frame whole. Raises `HungUp`."""
        beginning, text = _frame(header, parts)
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            try:
                await self._begin(beginning, files)
                for part in (text, *parts):
                    await loop.sock_sendall(self._line, part)
            except OSError as error:
                raise HungUp(str(error)) from error

    async def receive(self, *, parts_max: int = PARTS_MAX) -> tuple[Header, memoryview]:
        """The next frame. Raises `NoFrame`."""
        try:
            beginning = await self._reader.readexactly(_SIZES.size)
            header, parts = _sizes(beginning, parts_max)
            text = await self._reader.readexactly(header)
            return _read(text), memoryview(await self._reader.readexactly(parts))
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HungUp(str(error)) from error

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
        self._line.close()

    async def _begin(self, beginning: bytes, files: Sequence[int]) -> None:
        """Files travel with the first bytes, which are few: they go at once or not at all."""
        if not files:
            await asyncio.get_running_loop().sock_sendall(self._line, beginning)
            return
        sent = 0
        while not sent:
            try:
                sent = socket.send_fds(self._line, [beginning], files)
            except BlockingIOError:
                await _writable(self._line)
        await asyncio.get_running_loop().sock_sendall(self._line, beginning[sent:])


async def _writable(line: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    free: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not free.done():
            free.set_result(None)

    loop.add_writer(line, tell)
    try:
        await free
    finally:
        loop.remove_writer(line)
