"""Blocks of a user's module, for tests: shipped as source, run in child processes.

Each calls its name in at an outside ledger, so that bodies can be counted from outside.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any

from persistentai_lab.blocks import Context, block
from persistentai_lab.errors import NodeError


def _call(address: str, name: str) -> None:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{name}\n".encode())
        connection.makefile().readline()


@block(effect="read", network=True)
def look(address: str, name: str, after: Any = None, wait_s: float = 0.0) -> str:
    """Call in, then take some time."""
    _call(address, name)
    time.sleep(wait_s)
    return name


@block(effect="read", network=True)
def look_late(address: str, name: str, wait_s: float) -> str:
    """Take some time, then call in."""
    time.sleep(wait_s)
    _call(address, name)
    return name


@block(effect="write", network=True)
def pay(address: str, name: str, after: Any = None, wait_s: float = 0.0) -> str:
    """Change the world; nobody outside knows a key."""
    _call(address, name)
    time.sleep(wait_s)
    return name


@block(effect="write", keyed=True, network=True)
def pay_keyed(
    address: str, name: str, after: Any = None, wait_s: float = 0.0, *, ctx: Context
) -> str:
    """Change the world under a key, so that twice is once."""
    _call(address, f"{name}|{ctx.idempotency_key}")
    time.sleep(wait_s)
    return name


@block(effect="store")
def note(key: str, item: str, after: Any = None, wait_s: float = 0.0, *, ctx: Context) -> str:
    """Append to a record."""
    time.sleep(wait_s)
    ctx.memory.records.append(key, item)
    return item


@block(effect="read", network=True)
def fail(message: str, address: str = "", name: str = "") -> str:
    """Raise."""
    if address:
        _call(address, name)
    raise ValueError(message)


@block(effect="read", network=True)
def fail_until(address: str, name: str, attempt: int, *, ctx: Context) -> int:
    """Raise until the given attempt."""
    _call(address, name)
    if ctx.attempt < attempt:
        raise ConnectionError("not yet")
    return ctx.attempt


@block(effect="read")
def fail_once(path: str, after: Any = None) -> str:
    """Fail where nobody has been yet, and leave a file that tells the next one."""
    try:
        open(path, "x").close()
    except FileExistsError:
        return "healed"
    raise ConnectionError("not yet")


@block(effect="read", timeout_s=0.5)
def hang() -> None:
    """Never return."""
    while True:
        time.sleep(60)


@block(effect="pure")
def wrong() -> list[int]:
    """Return what was not promised."""
    return {"not": "a list"}  # type: ignore[return-value]


@block(effect="pure")
def large(megabytes: int) -> str:
    """Return a lot."""
    return "x" * (megabytes * 1024 * 1024)


@block(effect="read")
def die() -> None:
    """Take the process along."""
    os._exit(3)


@block(effect="pure")
def odd_text() -> str:
    """Text with everything that databases stumble over."""
    return "NUL \0, quote ' \" \\, é, 漢, 🐧, \u2028"


@block(effect="pure")
def odd_numbers() -> list[float]:
    """Numbers that JSON has no word for."""
    return [float("nan"), float("inf"), float("-inf"), 1.5]


@block(effect="pure")
def how_many_finite(numbers: list[float]) -> int:
    """Count the ordinary ones."""
    return sum(1 for number in numbers if number - number == 0)


@block(effect="read")
def leave() -> None:
    """Exit as a script would."""
    sys.exit(3)


@block(effect="read")
def interrupt() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


@block(effect="read")
async def cancel_itself() -> None:
    """Raise what only the engine should."""
    raise asyncio.CancelledError


class Busy(NodeError):
    """An error of the module's own."""

    code = "busy"


@block(effect="read")
def own_error() -> None:
    """Raise an error whose class the worker has never seen."""
    raise Busy("too much to do", remedy="Come back later.")


@block(effect="read")
def odd_error() -> None:
    """Raise about a file whose name is not UTF-8."""
    os.stat(b"/none/\xff".decode(errors="surrogateescape"))


@block(effect="read")
def chatter(*, ctx: Context) -> str:
    """Print, start a program that prints, read standard input, and log something odd."""
    sys.stdout.write("printed")
    subprocess.run(["echo", "from a program"], check=True)
    subprocess.run(["cat"], check=True)
    ctx.log("odd \udcff")
    ctx.log(404)  # type: ignore[arg-type]
    return "said"


@block(effect="pure")
def later(value: str, wait_s: float, times: int = 1) -> str:
    """Return a text, or many of it, after a while."""
    time.sleep(wait_s)
    return value * times


@block(effect="write", timeout_s=1.5, network=True)
def pay_and_hang(address: str, name: str) -> str:
    """Change the world, and never say so."""
    _call(address, name)
    time.sleep(600)
    return name


@block(effect="write", network=True)
def pay_and_die(address: str, name: str) -> str:
    """Change the world, and take the process along."""
    _call(address, name)
    os._exit(3)


@block(effect="read", network=True)
def talk(lines: int, address: str, *, ctx: Context) -> int:
    """Say a lot, then wait to be allowed to end."""
    for line in range(lines):
        ctx.log(f"line {line}")
    for done in range(1, 101):
        ctx.progress(done, 100)
    _call(address, "said")
    return lines


@block(effect="pure")
def fickle(path: str) -> str:
    """Claim to be pure, and return what a file says."""
    with open(path, encoding="utf-8") as file:
        return file.read()


@block(effect="pure")
def fickle_table(path: str) -> Any:
    """Claim to be pure, and return as many rows as a file says."""
    import pandas as pd

    with open(path, encoding="utf-8") as file:
        return pd.DataFrame({"n": [int(word) for word in file.read().split()]})


@block(effect="pure")
def fickle_failure(path: str) -> str:
    """Claim to be pure, and fail for a reason that a file says."""
    with open(path, encoding="utf-8") as file:
        if reason := file.read():
            raise ValueError(f"{reason} at {object()!r}")
    return "done"


@block(effect="pure")
def peek(address: str) -> str:
    """Claim to be pure, and use the network if it can be had."""
    try:
        _call(address, "peek")
    except Exception as error:  # noqa: BLE001 -- whatever keeps it off
        return type(error).__name__
    return "there"


@block(effect="pure")
def slowly(address: str, value: Any = None, wait_s: float = 0.0) -> str:
    """Pure, and slow as long as a file is there."""
    while os.path.exists(address):
        time.sleep(0.05)
    return "done"


@block(effect="read", network=True)
def spend(
    address: str,
    name: str,
    tokens: int = 0,
    money: str = "",
    currency: str = "USD",
    after: Any = None,
    wait_s: float = 0.0,
    *,
    ctx: Context,
) -> str:
    """Call in, say what it costs, then take some time."""
    _call(address, name)
    ctx.spend(tokens=tokens, money=Decimal(money) if money else None, currency=currency)
    time.sleep(wait_s)
    return name


@block(effect="store")
def reply(feed: str, after: Any = None, *, ctx: Context) -> int:
    """Read a feed, then say in it how much there was; the last position."""
    said = ctx.memory.feed.read(feed)
    ctx.memory.feed.append(feed, {"seen": len(said)}, kind="reply")
    return ctx.memory.feed.append(feed, "over")


@block(effect="store")
def copy_file(path: str, to: str, after: Any = None, *, ctx: Context) -> str:
    """Write what a file holds, in capitals, under another path; the commit."""
    text = ctx.memory.files.read_text(path)
    return ctx.memory.files.write(to, text.upper(), message="copied")


@block(effect="store")
def learn(about: str, after: Any = None, *, ctx: Context) -> str:
    """State a fact about something, and keep a text; the thread that facts are in."""
    ctx.memory.knowledge.add_fact(about, "repaired by", "Nadia")
    return "facts/"


@block(effect="read")
def prompt(query: str, after: Any = None, *, ctx: Context) -> list[str]:
    """What a context for a turn has, and where from; and the best of what is recalled."""
    found = ctx.memory.context(query, budget_tokens=500)
    best = ctx.memory.recall(query, limit=1).hits[0]
    return [*(str(piece.source) for piece in found.pieces), best.text]


@block(effect="store")
def tally(key: str, *, ctx: Context) -> int:
    """Change values and documents in one step; the count, as it will be."""
    records = ctx.memory.records
    records.append(f"{key}/log", "begun")
    records.put(f"{key}/log", [*records.get(f"{key}/log"), "counted"])
    for found in records.find("sheets", {"open": True}).documents:
        records.patch_document("sheets", found.id, {"open": False}, expected=found.rev)
    records.put_document("sheets", key, {"by": "tally"}, expected=0)
    return records.incr(key, 2)
