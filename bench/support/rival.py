"""A rival's process, as `bench/rivals` has them, and the databases that they work in."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

RIVALS = Path(__file__).parent.parent / "rivals"
PEERS = Path(__file__).parents[2] / ".cache/peers"


class Rival:
    """Started at once; ready when its constructor returns."""

    def __init__(self, script: str, *arguments: str, peer: str = "") -> None:
        python = str(PEERS / peer / "bin/python") if peer else sys.executable
        self._process = subprocess.Popen(
            [python, str(RIVALS / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear()

    def run(self, case: str, at_once: int = 1) -> dict[str, float]:
        """What it took: `wall_ms` and `cpu_ms` of all runs together, and more."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"case": case, "at_once": at_once}) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def stop(self) -> None:
        """End it: its input ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _hear(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        return json.loads(line)  # type: ignore[no-any-return]


def is_installed(peer: str) -> bool:
    """Whether `bench/peers.sh` has installed it."""
    return (PEERS / peer / "bin/python").exists()


def make_database(url: str, name: str, *, commit_delay_us: int = 0) -> str:
    """A database of its own in the same cluster, each commit of it that slow. Returns its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        if commit_delay_us:
            for setting, value in (("commit_delay", commit_delay_us), ("commit_siblings", 0)):
                connection.execute(
                    sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                        database, sql.Identifier(setting), sql.Literal(value)
                    )
                )
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
