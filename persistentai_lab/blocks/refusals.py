"""Why something cannot be shipped, in a sentence, and what to do instead."""

import io
import queue
import socket
import subprocess
import sys
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


def undefined(who: str, name: str) -> Problem:
    """A name that nothing in this kernel has."""
    return Problem(
        "undefined_name",
        f"{who} uses {name!r}, which is not defined here.",
        f"Run the cell that defines {name!r}; if that is in another notebook, copy it into this.",
    )


def assigned(who: str, name: str) -> Problem:
    """`global x`, which changes nothing but a child process that ends."""
    return Problem(
        "global_assigned",
        f"{who} assigns the global {name!r}; where it runs, nobody would see that.",
        "Return the value; to remember something between runs, use `memory.put`.",
    )


def changed(who: str, name: str, value: object) -> Problem:
    """A list that is appended to, a counter that counts."""
    return Problem(
        "global_changed",
        f"{who} changes the {type(value).__name__} {name!r} in its place; where it runs, nobody "
        "would see that.",
        "Return what is new; to remember something between runs, use `memory.put`.",
    )


def magic(who: str, typed: str) -> Problem:
    """`%timeit` and `!ls` in a body."""
    return Problem(
        "needs_notebook",
        f"{who} uses {typed!r}, which only IPython understands.",
        "Write it in Python (`subprocess.run` for commands), or leave it out.",
    )


def needs_notebook(who: str, name: str) -> Problem:
    """What speaks with the person at the notebook."""
    remedy = {
        "input": "Make it an input of the block; `human` blocks ask a person while a flow runs.",
        "breakpoint": "Call the function in a cell to debug it; leave it out of the block.",
    }.get(name, "Return what is to be shown; the cell that has the run shows it.")
    return Problem(
        "needs_notebook", f"{who} uses {name!r}, but it runs where no notebook is.", remedy
    )


def no_source(who: str, what: str) -> Problem:
    """A function that was made of no text that is still to be had."""
    own = f"{who} has no source" if who == repr(what) else f"{who} uses {what!r}, without source"
    return Problem(
        "no_source",
        f"{own}: it was not defined in a cell or a file (but by `exec`, `%%time`, or in C).",
        "Define it with `def` in a cell of its own, or import it from a `.py` file.",
    )


def nameless(who: str, what: str) -> Problem:
    """A lambda in a place where nothing names it."""
    return Problem(
        "nameless_lambda",
        f"{who} uses {what!r}, a lambda without a name.",
        "Define it with `def` at the top of a cell.",
    )


def class_not_found(who: str, cls: type) -> Problem:
    """A class whose statement is gone."""
    return Problem(
        "class_not_found",
        f"{who} uses the class {cls.__qualname__!r}, whose definition is not to be found.",
        "Define it at the top of a cell, not inside a function, and run that cell again.",
    )


def not_importable(who: str, name: str, module: str) -> Problem:
    """A module that exists in this process only."""
    return Problem(
        "not_importable",
        f"{who} uses {name!r} of the module {module!r}, which cannot be imported by that name.",
        "Import it from a package that is installed, or from a `.py` file beside the notebook.",
    )


def two_definitions(name: str) -> Problem:
    """Two things of one name, of which a text can hold only one."""
    return Problem(
        "two_definitions",
        f"There are two different things called {name!r}.",
        "Give one of them another name.",
    )


def stale(who: str, name: str) -> Problem:
    """A default, a base or an attribute that its name no longer stands for."""
    return Problem(
        "global_redefined",
        f"{who} was defined with what {name!r} was before; now it is something else.",
        f"Run the cell that defines {who.partition(' ')[0]} again.",
    )


def nonlocal_assigned(who: str, name: str) -> Problem:
    """`nonlocal x`, which remembers something from call to call."""
    return Problem(
        "global_assigned",
        f"{who} assigns {name!r} of the function that made it; where it runs, nobody would see "
        "that.",
        "Return the value; to remember something between runs, use `memory.put`.",
    )


def made_elsewhere(who: str, name: str) -> Problem:
    """A function that was made in another place than the one that keeps it."""
    return Problem(
        "made_elsewhere",
        f"{who} uses {name!r}, which a function in another place has made.",
        "Define it at the top of a cell.",
    )


def of_the_maker(who: str, name: str) -> Problem:
    """A local of the function that made a block: gone, unless the block keeps it."""
    return Problem(
        "undefined_name",
        f"{who} uses {name!r}, a local name of the function that made it, when it is defined.",
        f"Use {name!r} in its body only, or define it at the top of a cell.",
    )


def inside_class(name: str) -> Problem:
    """A block that is a method."""
    return Problem(
        "inside_class",
        f"{name!r} is defined inside a class.",
        "Define it at the top of a cell; blocks have no `self`.",
    )


def redefined(name: str) -> Problem:
    """A block whose ports are no longer those that the flow was drawn with."""
    return Problem(
        "block_redefined",
        f"{name!r} was defined anew, with other inputs or outputs, since this flow was drawn.",
        "Run the cell that draws the flow again.",
    )


Judged = tuple[str, str, str] | None


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


def is_display(value: object) -> bool:
    """Whether it is IPython's own way to show something or to be asked."""
    module = getattr(value, "__module__", None) or ""
    return str(module).startswith(
        ("IPython.core.display_functions", "IPython.core.getipython")
    ) and (module in sys.modules)
