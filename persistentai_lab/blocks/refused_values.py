"""Why a value cannot be shipped: it is open, alive, or large. Says what it is, and what to do."""

import io
import queue
import socket
import subprocess
import threading
import types
from collections.abc import Sized
from contextvars import ContextVar
from typing import Any

from ..errors import Problem

_SHOWN = 40
_CONNECTIONS = ("Connection", "Engine", "Session", "Cursor", "Client", "AsyncClient", "Pool")
_AS_INPUT = "Make it an input of the block, or let the block make it itself."
_LOCKS = (type(threading.Lock()), type(threading.RLock()))

Judged = tuple[str, str, str] | None


def value_problem(who: str, what: str, value: object) -> Problem:
    """A global that is no constant.

    Args:
        who: The function that uses it.
        what: The global, as it is written: `con`, `SETTINGS['db']`.
        value: What it is.
    """
    for judge in (_open_file, _connection, _living, _data):
        found = judge(value)
        if found is not None:
            code, kind, remedy = found
            return Problem(code, f"{who} uses {what!r}, {kind}.", remedy)
    return Problem(
        "foreign_object",
        f"{who} uses {what!r}, an object of {_kind(value)} that only this process has.",
        _AS_INPUT,
    )


def too_long(who: str, what: str, value: object) -> Problem:
    """A global that is a constant, but a huge one."""
    return Problem("large_global", f"{who} uses {what!r}, {_sized(value)}.", _AS_INPUT)


def _open_file(value: object) -> Judged:
    if not isinstance(value, io.IOBase):
        return None
    name = getattr(value, "name", None)
    named = f" ({name!r})" if isinstance(name, str) else ""
    state = "a closed" if value.closed else "an open"
    return "open_file", f"{state} file{named}", "Open it inside the block; hand its path over."


def _connection(value: object) -> Judged:
    kind = type(value)
    is_connection = isinstance(value, socket.socket) or (
        not isinstance(value, type | types.ModuleType)
        and kind.__module__ != "__main__"
        and (_has(kind, "cursor", "commit") or kind.__name__.endswith(_CONNECTIONS))
    )
    if not is_connection:
        return None
    what = (
        "an open socket" if isinstance(value, socket.socket) else f"a connection ({_kind(value)})"
    )
    return "open_connection", what, "Open it inside the block; hand over the address or the path."


def _living(value: object) -> Judged:
    kinds: list[tuple[Any, str, str]] = [
        (threading.Thread, "a thread", "Start it inside the block."),
        (subprocess.Popen, "a running process", "Start it inside the block."),
        (
            (*_LOCKS, threading.Condition, threading.Event, threading.Semaphore),
            "a lock",
            "Leave it out: each call of a block has a process of its own.",
        ),
        (
            (types.GeneratorType, types.AsyncGeneratorType, types.CoroutineType),
            "half-run code (a generator or coroutine)",
            "Call its function inside the block.",
        ),
        ((queue.Queue, ContextVar), "alive in this process only", _AS_INPUT),
        (
            types.MethodType,
            f"a method bound to {_owner(value)}",
            "Make the object inside the block, or write a function that takes what it needs.",
        ),
    ]
    for kind, what, remedy in kinds:
        if isinstance(value, kind):
            return "live_object", what, remedy
    if type(value).__module__.partition(".")[0] in ("asyncio", "_asyncio", "multiprocessing"):
        return "live_object", f"alive in this process only ({_kind(value)})", _AS_INPUT
    return None


def _data(value: object) -> Judged:
    """Tables, arrays, models: large things that travel as inputs."""
    shape = getattr(value, "shape", None)
    if isinstance(value, type) or shape is None:
        return None
    return "large_global", _sized(value), _AS_INPUT


def _owner(value: object) -> str:
    owner = getattr(value, "__self__", None)
    return (
        f"the class {owner.__qualname__}"
        if isinstance(owner, type)
        else f"an object of {_kind(owner)}"
    )


def _sized(value: Any) -> str:
    """What it is and how large: `a DataFrame of 1,000,000 × 3 (24 MB)`."""
    kind, shape = type(value).__name__, getattr(value, "shape", None)
    article = "an" if kind[:1].lower() in "aeiou" or kind == "ndarray" else "a"
    if isinstance(shape, tuple):
        size = " × ".join(f"{number:,}" for number in shape if isinstance(number, int))
        return f"{article} {kind} of {size or 'one value'}{_bytes(value)}"
    if isinstance(value, str | bytes):
        return f"{article} {kind} of {len(value):,} {'characters' if kind == 'str' else 'bytes'}"
    count = f" of {len(value):,} items" if isinstance(value, Sized) else ""
    return f"{article} {kind}{count}, too much for a constant"


def _bytes(value: Any) -> str:
    size: Any = getattr(value, "nbytes", None)
    usage = getattr(value, "memory_usage", None)
    if size is None and callable(usage):
        used = usage()
        size = used.sum() if hasattr(used, "sum") else used
    if not hasattr(size, "__int__"):
        return ""
    number, unit = float(int(size)), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f" ({number:.3g} {unit})" if number < 1000 else f" ({number:,.0f} {unit})"


def _has(kind: type, *methods: str) -> bool:
    return all(callable(getattr(kind, name, None)) for name in methods)


def _kind(value: object) -> str:
    kind = type(value)
    module = kind.__module__
    where = "" if module in ("builtins", "__main__", "cell") else f"{module}."
    name = f"{where}{kind.__qualname__}"
    return name if len(name) <= 2 * _SHOWN else f"…{name[-2 * _SHOWN :]}"
