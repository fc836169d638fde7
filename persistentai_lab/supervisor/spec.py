"""Which processes a runtime is made of, and how to ask each whether it is well."""

import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..storage.home import Home

GATEWAY = "gateway"
HEALTH_PATH = "/persistentai/api/v1/health"
_PATIENCE_S = 2.0
_FRESH_S = 5

Health = Callable[[int], str]
"""Asks the process with this pid how it is. Returns its complaint, or nothing."""


def takes_its_word(pid: int) -> str:
    """The health of what can't be asked: it lives, so it is well."""
    return ""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process that is to run."""

    name: str
    argv: tuple[str, ...]
    health: Health = takes_its_word
    grace_s: float = 10.0
    """How long it may take to end when asked to."""


Specs = Callable[[Home, int], Sequence[ChildSpec]]
"""Which processes a home needs for so many workers."""


def runtime_specs(home: Home, workers: int) -> list[ChildSpec]:
    """A gateway and its workers."""
    command = (sys.executable, "-m", "persistentai_lab.cli")
    gateway = (*command, "serve", "--uds", str(home.gateway_socket))
    return [
        ChildSpec(GATEWAY, gateway, lambda _: ask_gateway(home)),
        *(
            ChildSpec(f"worker-{number}", (*command, "worker"), lambda pid: ask_worker(home, pid))
            for number in range(1, workers + 1)
        ),
    ]


def ask_gateway(home: Home) -> str:
    """Whether the gateway answers on its socket."""
    request = f"GET {HEALTH_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE_S)
            connection.connect(str(home.gateway_socket))
            connection.sendall(request.encode())
            answer = connection.recv(256).decode(errors="replace")
    except TimeoutError:
        return f"does not answer within {_PATIENCE_S:.0f} s"
    except OSError as error:
        return f"does not answer: {error.strerror}"
    first = answer.partition("\r\n")[0]
    return "" if " 200 " in f"{first} " else f"answers {first!r}"


def ask_worker(home: Home, pid: int) -> str:
    """Whether this worker's heart beats where the other workers look for it."""
    import psycopg

    query = """
        SELECT now() - beat_at < make_interval(secs => %s) FROM pai.worker
        WHERE pid = %s AND host = %s AND status = 'alive' ORDER BY beat_at DESC LIMIT 1
    """
    try:
        with psycopg.connect(
            home.database_url, autocommit=True, connect_timeout=int(_PATIENCE_S)
        ) as connection:
            row = connection.execute(query, [_FRESH_S, pid, os.uname().nodename]).fetchone()
    except psycopg.errors.UndefinedTable:
        return "has not made its tables yet"
    except psycopg.Error as error:
        return f"cannot be seen: {str(error).strip().splitlines()[0]}"
    if row is None:
        return "has not reported yet"
    return "" if row[0] else f"has not been heard of for {_FRESH_S} s"
